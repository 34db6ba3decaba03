import type { Tokenizer } from '../chat/createTokenizer.ts';
import { type ChatFormat, renderSegments } from '../chat/renderSegments.ts';
import type { Segment } from '../chat/segment.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './generateOptions.ts';

/** Settings that stay the same from call to call. */
export interface Qwen3PolicyOptions
  extends Pick<GenerateOptions, 'topK' | 'topP' | 'minP' | 'repetitionPenalty' | 'onProgress'> {
  /** How prompts are written down. No default: it must be the format the model knows. */
  format: ChatFormat;
  /** Used where a call gives none. Default 1. */
  temperature?: number | undefined;
}

/** What one call asks for. */
export interface PolicyRequest {
  /** Answers per prompt, G. Default 1. */
  numGenerations?: number | undefined;
  maxTokens: number;
  temperature?: number | undefined;
  seed: number;
  /** One seed per answer, `[P * G]`, instead of those drawn from `seed`. */
  seeds?: ArrayLike<number> | undefined;
  signal?: AbortSignal | undefined;
}

/** A model as environments see it: segments in, new segments out. */
export interface Qwen3Policy {
  generate(
    prompts: readonly (readonly Segment[])[],
    request: PolicyRequest,
  ): Promise<SampledSegment[]>;
}

/** A policy segment together with what was sampled. */
export interface SampledSegment extends Segment {
  tokens: { ids: Int32Array; logprobs: Float32Array };
}

/**
 * Lets a model take part in episodes: renders the segments so far, samples the next turn up to `<|im_end|>`, and
 * returns it with its exact token ids and log-probs.
 *
 * The text keeps special tokens (`<think>`) but not the final `<|im_end|>`. An answer cut at `maxTokens` has no
 * `<|im_end|>` among its ids. `turn` counts the model's earlier turns.
 *
 * @returns a policy whose answers are `[P * G]`, prompt-major.
 *
 * @example
 * const tokenizer = {
 *   vocabSize: 128, // one token per character; a real tokenizer comes from loadTokenizer
 *   encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0)),
 *   decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)),
 *   specialId: () => 36,
 * };
 * const model = createQwen3({ ...TINY_CONFIG, vocabSize: 128 }, { seed: 1 });
 * const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
 * const [answer] = await policy.generate(
 *   [[{ speaker: 'user', kind: 'prompt', turn: 0, text: '4876 rav' }]],
 *   { maxTokens: 8, seed: 1 },
 * );
 * answer.kind; // 'policy'
 */
export function qwen3Policy(
  model: Qwen3,
  tokenizer: Tokenizer,
  options: Qwen3PolicyOptions,
): Qwen3Policy {
  const { format, temperature: usualTemperature = 1, ...settings } = options;
  const end = tokenizer.specialId('<|im_end|>');
  return {
    async generate(prompts, request) {
      const {
        numGenerations = 1,
        temperature = usualTemperature,
        maxTokens,
        seed,
        seeds,
        signal,
      } = request;
      const promptIds = prompts.map(
        (segments) =>
          renderSegments(segments, tokenizer, { format, addGenerationPrompt: true }).ids,
      );
      const completions = await generate(model, promptIds, {
        ...settings,
        numGenerations,
        temperature,
        maxTokens,
        seed,
        seeds,
        signal,
        eosIds: [end],
      });
      return completions.map(({ ids, logprobs, stop }, i): SampledSegment => {
        const segments = prompts[Math.floor(i / numGenerations)]!;
        const said = stop === 'eos' ? ids.subarray(0, -1) : ids;
        return {
          speaker: 'assistant',
          kind: 'policy',
          turn: segments.filter(({ kind }) => kind === 'policy').length,
          text: tokenizer.decode(said),
          tokens: { ids, logprobs },
        };
      });
    },
  };
}
