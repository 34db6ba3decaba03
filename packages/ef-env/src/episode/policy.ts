import type { Segment } from '../trajectory/segment.ts';

export interface GenerateOptions {
  /** Continuations per prompt, G. Default 1. */
  numGenerations?: number | undefined;
  /** Longest continuation, in the policy's own unit (tokens). */
  maxTokens: number;
  /** 0 = the most probable token. The policy has its own default. */
  temperature?: number | undefined;
  /** The whole call is a function of this seed. */
  seed: number;
  /**
   * One seed per continuation, `[P * G]`, prompt-major. A policy that uses them gives each
   * continuation independently of the others in the call; one that does not may ignore them.
   */
  seeds?: ArrayLike<number> | undefined;
  /**
   * Texts that end a continuation, thoughts included. A policy that knows them stops where the first one is complete,
   * leaves it out of `text`, and keeps in `tokens` exactly what was sampled up to there. One that does not may ignore
   * them: `collect` and `evaluate` cut its text afterwards, and `collect` refuses a text that goes on and has `tokens`.
   */
  stop?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

/** What a policy says next. */
export interface Attempt extends Segment {
  /** The conversation is longer than the policy's context: it said nothing. `collect` ends that episode alone. */
  contextFull?: true | undefined;
}

/** All that this package asks of a model: a conversation in, the next utterance out. */
export interface Policy {
  /**
   * @param prompts - P conversations, each ending where the policy has to speak.
   * @returns P * G new segments of kind `'policy'`, prompt-major; `contextFull` where a conversation left no room for one.
   */
  generate(prompts: Segment[][], options: GenerateOptions): Promise<Attempt[]>;
}
