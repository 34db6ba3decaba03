import { createRandom, type Random } from '@molrl/ef-env';

/** A random batch of B rows of T tokens: ragged, with holes (tool tokens), sometimes with empty rows and far ratios. */
export interface RandomBatch {
  logprobs: number[];
  oldLogprobs: number[];
  refLogprobs: number[];
  rolloutLogprobs: number[];
  entropies: number[];
  /** `[B]` or `[B*T]`. */
  advantages: number[];
  /** Up to the end of each row. */
  completionMask: number[];
  /** 0 on tokens that a tool wrote. */
  toolMask: number[];
  sequenceLength: number;
}

/** Standard normal, Box-Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Random numbers of case `index`: the same seed and index give the same case. */
export const caseRandom = (seed: number, index: number): Random =>
  createRandom((seed * 1_000_003 + index) % 2 ** 32);

const array = (length: number, value: (i: number) => number): number[] =>
  Array.from({ length }, (_, i) => value(i));

export interface RandomBatchOptions {
  /** One advantage a row, one a token, or either. */
  advantages: 'row' | 'token' | 'either';
  /** Rows without a trained token occur. */
  emptyRows: boolean;
  /** Holes between trained tokens occur. */
  holes: boolean;
}

export function randomBatch(random: Random, options: RandomBatchOptions): RandomBatch {
  const rows = 1 + random.integer(6);
  const sequenceLength = 1 + random.integer(9);
  const size = rows * sequenceLength;
  const spread = random.choice([0.02, 0.3, 1.5, 12]); // from almost on-policy to beyond every clamp
  const below = (x: number): number => Math.min(x, -1 / 1024);
  const near = (values: readonly number[], scale: number): number[] =>
    values.map((x) => below(x - scale * normal(random)));
  const logprobs = array(size, () => -0.02 - 4 * random.next());
  const oldLogprobs = near(logprobs, spread);
  const lengths = array(rows, () => 1 + random.integer(sequenceLength));
  if (options.emptyRows && random.next() < 0.3) lengths[random.integer(rows)] = 0;
  const holes = options.holes && random.next() < 0.5 ? 0.3 : 0;
  const perRow =
    options.advantages === 'either' ? random.next() < 0.5 : options.advantages === 'row';
  return {
    logprobs,
    oldLogprobs,
    refLogprobs: near(logprobs, random.choice([0.1, 1, 8])),
    rolloutLogprobs: near(oldLogprobs, random.choice([0.02, 0.5])),
    entropies: array(size, () => 3 * random.next()),
    advantages: array(perRow ? rows : size, () => (random.next() < 0.1 ? 0 : normal(random))),
    completionMask: array(size, (i) =>
      i % sequenceLength < lengths[Math.floor(i / sequenceLength)]! ? 1 : 0,
    ),
    toolMask: array(size, () => (random.next() < holes ? 0 : 1)),
    sequenceLength,
  };
}

/** Tokens that are trained: completion mask times tool mask. */
export const trainedMask = ({ completionMask, toolMask }: RandomBatch): number[] =>
  completionMask.map((keep, i) => keep * toolMask[i]!);

/** `[B]` or `[B*T]` as `[B*T]`. */
export const perToken = (values: readonly number[], batch: RandomBatch): number[] =>
  values.length === batch.logprobs.length
    ? [...values]
    : batch.logprobs.map((_, i) => values[Math.floor(i / batch.sequenceLength)]!);
