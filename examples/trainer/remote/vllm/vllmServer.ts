import { httpRequest, type ServerOptions } from '../httpRequest.ts';

/** What is asked for one completion. */
export interface VllmCompletionRequest {
  /** Name of the base or of a loaded adapter. */
  model: string;
  prompt: readonly number[];
  max_tokens: number;
  temperature: number;
  seed: number;
  stop_token_ids?: readonly number[];
  stop?: readonly string[];
  logit_bias?: Record<string, number>;
  ignore_eos?: boolean;
  top_k?: number;
  top_p?: number;
  min_p?: number;
}

/** Such a server refuses to draw without a top-k, and greedily. */
export type MaskedRequest = VllmCompletionRequest & { top_k: number };

export interface VllmChoice {
  ids: number[];
  /** As the server's `--logprobs-mode` defines them. */
  logprobs: number[];
  /** `'stop'`: an end token or a stop string; then `stopReason` says which, `null` for the model's own end. */
  finishReason: 'stop' | 'length';
  stopReason: number | string | null;
  /** What each id was drawn among, of a server that tells it. */
  kept?: readonly (readonly number[])[] | undefined;
}

/** A vLLM server: token ids in and out, adapters by name. */
export interface VllmServer {
  url: string;
  version: string;
  /** Name that the base model is served under. */
  base: string;
  /** Longest prompt with its completion, tokens. */
  maxModelLen: number;
  complete(request: VllmCompletionRequest, signal?: AbortSignal): Promise<VllmChoice>;
  /** The same with what each id was drawn among, for which the server must have been started with `--return-sampling-mask`. */
  completeMasked(request: MaskedRequest, signal?: AbortSignal): Promise<VllmChoice>;
  /** From a folder on the server's disk. One that is loaded under that name already stays. */
  loadAdapter(name: string, path: string): Promise<void>;
  /** One that is not loaded stays so. */
  unloadAdapter(name: string): Promise<void>;
}

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
export async function openVllm(options: ServerOptions): Promise<VllmServer> {
  const atOnce = { ...options, absence: undefined }; // one that was never there is not waited for
  const models = (await httpRequest(atOnce, '/v1/models')) as Models;
  const base = models.data?.find(({ parent }) => parent === null || parent === undefined);
  if (base === undefined) throw new Error(`${options.url}/v1/models names no base model.`);
  const { version = 'unknown' } = Object(
    await httpRequest(atOnce, '/version').catch(() => ({})), // a server behind a gateway may hide it
  ) as { version?: string };
  return {
    ...{ url: options.url, version, base: base.id },
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
  request: VllmCompletionRequest,
  signal?: AbortSignal,
): Promise<VllmChoice> {
  const body = { ...PLAIN, return_token_ids: true, ...request };
  const answer = (await httpRequest(options, '/v1/completions', { body, signal })) as Completions;
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
): Promise<VllmChoice> {
  const params = { ...PLAIN, ...sampling };
  const body = { model, token_ids: prompt, sampling_params: params, return_token_ids: true };
  const path = '/inference/v1/generate';
  const answer = (await httpRequest(options, path, { body, signal }).catch((error: Error) => {
    if (/scale-out/i.test(error.message)) throw new Error(`${error.message} ${MASKED}`);
    throw error;
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
