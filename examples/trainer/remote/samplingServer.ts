/** What is asked for one completion. */
export interface SamplingRequest {
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

/** A server that tells what it drew among refuses to draw without a top-k, and greedily. */
export type MaskedRequest = SamplingRequest & { top_k: number };

export interface SampledChoice {
  ids: number[];
  /** At temperature 1 or of the distribution that was drawn from, as the server was started. */
  logprobs: number[];
  /** `'stop'`: an end token or a stop string; then `stopReason` says which, `null` for the model's own end. */
  finishReason: 'stop' | 'length';
  stopReason: number | string | null;
  /** What each id was drawn among, of a server that tells it. */
  kept?: readonly (readonly number[])[] | undefined;
}

/** A server that samples: token ids in and out, adapters by name. */
export interface SamplingServer {
  /** As the setting `rollouts` names it. */
  kind: 'vllm' | 'sglang';
  url: string;
  version: string;
  /** Name that the base model is served under. */
  base: string;
  /** Longest prompt with its completion, tokens. */
  maxModelLen: number;
  /** How such a server is started so that it can do more. */
  advice: {
    /** Log-probs of the distribution that was drawn from. */
    processed: string;
    /** Longer prompts. */
    longer: string;
  };
  /** @throws {LostAdapterError} if it has no such adapter. */
  complete(request: SamplingRequest, signal?: AbortSignal): Promise<SampledChoice>;
  /** The same with what each id was drawn among. @throws {Error} if the server does not tell that. */
  completeMasked(request: MaskedRequest, signal?: AbortSignal): Promise<SampledChoice>;
  /** From a folder on the server's disk. One that is loaded under that name already stays. */
  loadAdapter(name: string, path: string): Promise<void>;
  /** One that is not loaded stays so. */
  unloadAdapter(name: string): Promise<void>;
}

/** The server has no adapter of that name, or has it no more. */
export class LostAdapterError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LostAdapterError';
  }
}
