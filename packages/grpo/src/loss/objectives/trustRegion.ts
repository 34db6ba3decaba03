import type { PolicyBatch } from './policyObjective.ts';

/** A region in probability, one bound for each sign of the advantage. */
export interface RegionOptions {
  /** A token may lose at most this much probability. Default 0.2. */
  epsilon?: number | undefined;
  /** And gain at most this much. Default `epsilon`. */
  epsilonHigh?: number | undefined;
}

/** How far the token's probability moved: pi - pi_old, in [-1, 1]. */
export const moved = ({ logprobs, oldLogprobs }: PolicyBatch, i: number): number =>
  Math.exp(logprobs[i]!) - Math.exp(oldLogprobs[i]!);

/** How far a probability may fall and rise. */
interface Region {
  epsilon: number;
  epsilonHigh: number;
}

/** Inside a total-variation trust region, one side for each sign of the advantage. */
export function insideRegion(batch: PolicyBatch, i: number, region: Region): boolean {
  const { epsilon, epsilonHigh } = region;
  return batch.advantages[i]! > 0 ? moved(batch, i) <= epsilonHigh : moved(batch, i) >= -epsilon;
}
