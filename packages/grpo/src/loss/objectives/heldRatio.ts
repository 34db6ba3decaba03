/** Bounds of a ratio, and what counts as beyond. */
export interface Hold {
  least: number;
  most: number;
  /** Ratios below are counted. Default none. */
  low?: number;
  /** Ratios above are counted. Default none. */
  high?: number;
}

/** Counts by sequence what lies beyond `low` and `high`. */
export interface HoldTally {
  add(sequence: { below: number; above: number; advantage: number; tokens: number }): void;
  metrics(): Record<string, number>;
}

/**
 * What the losses of a ratio within bounds have in common, so that one loop computes them:
 *
 *     loss = -held(r) * A                    trained through the ratio, where it is not held
 *     loss = -stop(held(r)) * A * logprob    with `weighsLogprob`: a constant weight
 */
export interface HeldRatio {
  /** The bounds where A > 0. */
  up: Hold;
  /** The bounds elsewhere. */
  down: Hold;
  weighsLogprob: boolean;
  tally(): HoldTally;
}

/** The description of a loss under its options; undefined where they make it another. */
export type HeldRatioOf<O extends object> = (options: O) => HeldRatio | undefined;

const NOTHING: HoldTally = { add: () => {}, metrics: () => ({}) };

/** One pair of bounds whatever the advantage, and nothing counted. */
const within = (least: number, most: number, weighsLogprob: boolean): HeldRatio => {
  const bounds = { least, most };
  return { up: bounds, down: bounds, weighsLogprob, tally: () => NOTHING };
};

/** Importance sampling: never held. */
export const freeRatio: HeldRatioOf<object> = () => within(-Infinity, Infinity, false);

/** REINFORCE: a ratio of 1, whatever it is. */
export const noRatio: HeldRatioOf<object> = () => within(1, 1, true);
