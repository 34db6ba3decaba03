import { httpRequest, RefusedError, type ServerOptions } from '../httpRequest.ts';
import {
  LostAdapterError,
  type MaskedRequest,
  type SampledChoice,
  type SamplingRequest,
  type SamplingServer,
} from '../samplingServer.ts';

interface Models {
  data?: { id: string; parent: string | null; max_model_len?: number }[];
}

interface Completions {
  choices?: {
    token_ids?: number[] | null;
    prompt_token_ids?: number[] | null;
    finish_reason?: string;
    stop_reason?: number | string | null;
    logprobs?: { token_logprobs?: (number | null)[] } | null;
  }[];
}

/**
 * Opens a vLLM server (0.28 or newer, started with `--enable-lora` and `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`).
 *
 * @throws {Error} one line with the address if it cannot be reached, or serves no model.
 */
export async function openVllm(options: ServerOptions): Promise<SamplingServer> {
  const atOnce = { ...options, absence: undefined }; // one that was never there is not waited for
  const models = (await httpRequest(atOnce, '/v1/models')) as Models;
  const base = models.data?.find(({ parent }) => parent === null || parent === undefined);
  if (base === undefined) throw new Error(`${options.url}/v1/models names no base model.`);
  const { version = 'unknown' } = Object(
    await httpRequest(atOnce, '/version').catch(() => ({})), // a server behind a gateway may hide it
  ) as { version?: string };
  return {
    ...{ kind: 'vllm', url: options.url, version, base: base.id },
    advice: {
      processed: 'Start it with --logprobs-mode processed_logprobs',
      longer: 'Start the server with a larger --max-model-len',
    },
    maxModelLen: base.max_model_len ?? Number.POSITIVE_INFINITY,
    complete: (request, signal) => complete(options, request, signal),
    completeMasked: (request, signal) => completeMasked(options, request, signal),
    async loadAdapter(name, path) {
      const body = { lora_name: name, lora_path: path };
      await httpRequest(options, '/v1/load_lora_adapter', { body, final: [500] }).catch(
        (error: Error) => {
          if (error.message.includes('already been loaded')) return;
          throw new Error(
            `rollouts: the server did not load the adapter ${path}: ${error.message} It needs --enable-lora, VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, a --max-lora-rank of at least the adapter's, and that folder on its own disk (rollouts.folder).`,
          );
        },
      );
    },
    async unloadAdapter(name) {
      const body = { lora_name: name };
      await httpRequest(options, '/v1/unload_lora_adapter', { body }).catch((error: Error) => {
        if (!error.message.includes('cannot be found')) throw error;
      });
    },
  };
}

/** The model's own sampling defaults (`generation_config.json`) are set aside: what the trainer asks for is what is drawn from. */
const PLAIN = {
  ...{ n: 1, top_p: 1, top_k: -1, min_p: 0 },
  ...{ repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0 },
  ...{ logprobs: 0, skip_special_tokens: false },
};

async function complete(
  options: ServerOptions,
  request: SamplingRequest,
  signal?: AbortSignal,
): Promise<SampledChoice> {
  const body = { ...PLAIN, return_token_ids: true, ...request };
  const answer = (await httpRequest(options, '/v1/completions', { body, signal }).catch(
    asLost,
  )) as Completions;
  const [choice] = answer.choices ?? [];
  const { token_ids: ids, prompt_token_ids: prompt, logprobs } = choice ?? {};
  const values = logprobs?.token_logprobs;
  if (!ids || !values || values.length !== ids.length || values.some((x) => x === null)) {
    throw new Error(
      `${options.url}/v1/completions answered without token ids and one log-prob for each. It must be vLLM 0.10 or newer (return_token_ids).`,
    );
  }
  if (prompt && prompt.join() !== request.prompt.join()) {
    throw new Error(
      `${options.url}/v1/completions read another prompt than it was given: ${prompt.length} tokens for ${request.prompt.length}.`,
    );
  }
  return {
    ids,
    logprobs: values as number[], // none is null
    finishReason: choice?.finish_reason === 'length' ? 'length' : 'stop',
    stopReason: choice?.stop_reason ?? null,
  };
}

/** It answers so for a model that it does not have. */
function asLost(error: Error): never {
  if (error instanceof RefusedError && error.status === 404)
    throw new LostAdapterError(error.message);
  throw error;
}

interface Generated {
  prompt_token_ids?: number[] | null;
  choices?: {
    token_ids?: number[] | null;
    finish_reason?: string | null;
    stop_reason?: number | string | null;
    logprobs?: { content?: { token_id: number; logprob: number }[] | null } | null;
    sampling_mask?: number[][] | null;
  }[];
}

async function completeMasked(
  options: ServerOptions,
  { model, prompt, ...sampling }: MaskedRequest,
  signal?: AbortSignal,
): Promise<SampledChoice> {
  const params = { ...PLAIN, ...sampling };
  const body = { model, token_ids: prompt, sampling_params: params, return_token_ids: true };
  const path = '/inference/v1/generate';
  const answer = (await httpRequest(options, path, { body, signal }).catch((error: Error) => {
    if (/scale-out/i.test(error.message)) throw new Error(`${error.message} ${MASKED}`);
    return asLost(error);
  })) as Generated;
  const [choice] = answer.choices ?? [];
  const { token_ids: ids, sampling_mask: kept } = choice ?? {};
  const told = choice?.logprobs?.content;
  if (!ids || told?.length !== ids.length || kept?.length !== ids.length) {
    throw new Error(
      `rollouts: ${options.url}${path} tells no list of what each token was drawn among. ${MASKED}`,
    );
  }
  return {
    ...{ ids, kept, logprobs: told.map(({ logprob }) => logprob) },
    finishReason: choice?.finish_reason === 'length' ? 'length' : 'stop',
    stopReason: choice?.stop_reason ?? null,
  };
}

const MASKED =
  'For topK, start it with --return-sampling-mask --logprobs-mode processed_logprobs --enable-scale-out (vLLM 0.28 or newer, on a GPU).';
