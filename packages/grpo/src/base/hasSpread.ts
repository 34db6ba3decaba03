import { standardDeviation } from './statistics.ts';

/** `torch.isclose` to 0, by which TRL counts a std as none. */
const ABSOLUTE = 1e-8;

/** Far above the rounding of a sum of float64 rewards, far below any difference that was meant. */
const RELATIVE = 1e-12;

/** What rewards may differ by and still be one value: 1e-8, and 1e-12 of the largest. */
export function rewardTolerance(rewards: ArrayLike<number>): number {
  let scale = 0;
  for (let i = 0; i < rewards.length; i++) scale = Math.max(scale, Math.abs(rewards[i]!));
  return ABSOLUTE + RELATIVE * scale;
}

/**
 * Whether rewards differ by more than rounding. The one place that decides what "no spread" is: advantages, filter and
 * metrics all ask here, so a group is dead to all of them or to none.
 *
 *     std(rewards) > 1e-8 + 1e-12 * max |reward|        std: n - 1, whatever the convention; fewer than two: no spread
 */
export function hasSpread(rewards: ArrayLike<number>): boolean {
  return standardDeviation(rewards) > rewardTolerance(rewards);
}
