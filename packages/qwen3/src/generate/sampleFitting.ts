import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import type { GenerateOptions } from './generateOptions.ts';
import { sampleSeeds } from './sampleSeeds.ts';

/** What samples, as `generate` does: an engine elsewhere that has the model's weights. Every completion needs its `text`. */
export type Sampler = (
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
) => Promise<Completion[]>;

/** A call of a sampler. */
interface Sampling {
  prompts: readonly ArrayLike<number>[];
  options: GenerateOptions & { numGenerations: number };
}

/**
 * Samples for the prompts that the model's context has room for, each with the seed it has in the whole call.
 *
 * @returns `[P * G]`, prompt-major; undefined for those of a prompt that is longer than the context.
 */
export async function sampleFitting(
  sampler: Sampler,
  model: Qwen3,
  { prompts, options }: Sampling,
): Promise<(Completion | undefined)[]> {
  const { numGenerations, seed, seeds } = options;
  const fits = prompts.map(({ length }) => length <= model.config.maxPositionEmbeddings);
  if (fits.every(Boolean)) return sampler(model, prompts, options);
  const fitsAt = (completion: number): boolean => fits[Math.floor(completion / numGenerations)]!; // one per prompt
  const count = prompts.length * numGenerations;
  const all = seeds ?? sampleSeeds(seed ?? 0, count); // a seed that is missing is the sampler's to name
  const own = Array.from(all).filter((_, i) => fitsAt(i));
  const sampled = await sampler(
    model,
    prompts.filter((_, p) => fits[p]),
    { ...options, ...((seeds ?? seed ?? null) !== null && { seeds: own }) },
  );
  let next = 0;
  return Array.from({ length: count }, (_, i) => (fitsAt(i) ? sampled[next++] : undefined));
}

/** Where nothing could be sampled. */
export function emptyCompletion(): Completion {
  const none = new Float32Array(0);
  return {
    ids: new Int32Array(0),
    ...{ logprobs: none, behaviorLogprobs: none, samplingLogprobs: none },
    stop: 'length',
  };
}
