import { httpRequest, RefusedError, type ServerOptions } from '../httpRequest.ts';
import {
  LostAdapterError,
  type SampledChoice,
  type SamplingRequest,
  type SamplingServer,
} from '../samplingServer.ts';

interface Models {
  data?: { id: string; parent?: string | null; max_model_len?: number | null }[];
}

/** Its settings and what its scheduler found out. */
interface ServerInfo {
  version?: string;
  enable_lora?: boolean | null;
  enable_deterministic_inference?: boolean;
  max_req_input_len?: number;
}

interface Generated {
  meta_info?: {
    finish_reason?: { type: string; matched?: number | string | number[]; message?: string } | null;
    /** Log-prob, id, text. */
    output_token_logprobs?: [number | null, number, string | null][];
  };
}

const START =
  'Start it with --enable-lora --max-lora-rank R --lora-target-modules all --enable-deterministic-inference.';

/**
 * Opens an SGLang server (0.5.4 or newer) by its native API.
 *
 * @throws {Error} one line with the address if it cannot be reached, or cannot hold adapters or heed seeds.
 */
export async function openSglang(options: ServerOptions): Promise<SamplingServer> {
  const { url } = options;
  const atOnce = { ...options, absence: undefined }; // one that was never there is not waited for
  const models = (await httpRequest(atOnce, '/v1/models')) as Models;
  const base = models.data?.find(({ parent }) => parent === null || parent === undefined);
  if (base === undefined) throw new Error(`${url}/v1/models names no base model.`);
  const info = await serverInfo(atOnce);
  if (!info.enable_lora) throw new Error(`rollouts: ${url} takes no adapters. ${START}`);
  if (!info.enable_deterministic_inference)
    throw new Error(`rollouts: ${url} heeds no seeds, so no run could be repeated. ${START}`);
  return {
    ...{ kind: 'sglang', url, version: info.version ?? 'unknown', base: base.id },
    // shorter than its context where its cache is: beyond that it cuts completions without a word
    maxModelLen: info.max_req_input_len ?? base.max_model_len ?? Number.POSITIVE_INFINITY,
    advice: {
      processed: 'Start it without SGLANG_RETURN_ORIGINAL_LOGPROB',
      longer: 'Start the server with a larger --context-length and cache',
    },
    complete: (request, signal) => complete(options, { request, base: base.id, signal }),
    completeMasked: () =>
      Promise.reject(
        new Error(
          `rollouts: ${url} is not asked what it drew among. Leave topK, topP and minP out, or take vllm=URL.`,
        ),
      ),
    async loadAdapter(name, path) {
      const body = { lora_name: name, lora_path: path };
      await httpRequest(options, '/load_lora_adapter', { body, final: [500] }).catch(
        (error: Error) => {
          if (/already (loaded|exists)/.test(error.message)) return;
          throw new Error(
            `rollouts: the server did not load the adapter ${path}: ${error.message} It needs a --max-lora-rank of at least the adapter's, its modules in --lora-target-modules, and that folder on its own disk (rollouts.folder).`,
          );
        },
      );
    },
    async unloadAdapter(name) {
      const body = { lora_name: name };
      await httpRequest(options, '/unload_lora_adapter', { body }).catch((error: Error) => {
        if (!error.message.includes('does not exist')) throw error;
      });
    },
  };
}

/** Under its present path, or the one that older servers have. */
async function serverInfo(options: ServerOptions): Promise<ServerInfo> {
  const answer = await httpRequest(options, '/server_info').catch((error: Error) => {
    if (error instanceof RefusedError && error.status === 404)
      return httpRequest(options, '/get_server_info');
    throw error;
  });
  return Object(answer) as ServerInfo;
}

/** The server's own sampling defaults (`preferred_sampling_params`) are set aside: what the trainer asks for is what is drawn from. */
const PLAIN = {
  ...{ n: 1, top_p: 1, top_k: -1, min_p: 0, min_new_tokens: 0 },
  ...{ repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0 },
  ...{ skip_special_tokens: false, no_stop_trim: true },
};

/** It keeps this much of a seed. */
export const shortSeed = (seed: number): number => seed % 2 ** 31;

interface Asked {
  request: SamplingRequest;
  base: string;
  signal?: AbortSignal | undefined;
}

async function complete(
  options: ServerOptions,
  { request, base, signal }: Asked,
): Promise<SampledChoice> {
  const { model, prompt, max_tokens, seed, ...sampling } = request;
  const body = {
    input_ids: prompt,
    sampling_params: {
      ...PLAIN,
      ...sampling,
      max_new_tokens: max_tokens,
      sampling_seed: shortSeed(seed),
    },
    ...{ return_logprob: true, stream: false },
    ...(model !== base && { lora_path: model }), // a name all the same
  };
  const answer = (await httpRequest(options, '/generate', { body, signal }).catch(
    asLost,
  )) as Generated;
  const { finish_reason: finish, output_token_logprobs: told } = answer.meta_info ?? {};
  if (finish?.type === 'abort')
    throw new Error(`rollouts: ${options.url}/generate gave up: ${finish.message ?? 'no reason'}`);
  if (!finish || !told || told.some(([logprob]) => typeof logprob !== 'number')) {
    throw new Error(
      `rollouts: ${options.url}/generate answered without a log-prob for each token. It must be SGLang 0.5.4 or newer.`,
    );
  }
  const { matched } = finish;
  return {
    // output_ids may lack the token that ended it, these never do
    ids: told.map(([, id]) => id),
    logprobs: told.map(([logprob]) => logprob!), // none is null
    finishReason: finish.type === 'length' ? 'length' : 'stop',
    stopReason: (Array.isArray(matched) ? matched[0] : matched) ?? null,
  };
}

/** It answers 400 for everything that it refuses: the text tells an adapter that it does not have. */
function asLost(error: Error): never {
  if (/never been loaded|adapters are not loaded/.test(error.message))
    throw new LostAdapterError(error.message);
  throw error;
}
