import { mustBe } from '../base/checks.ts';

/**
 * 1 if the completion begins with a `<think>` block, the only one to be opened, and closes it; else 0. As in TRL, nothing
 * is asked of what follows.
 *
 * @throws {GrpoError} `option` for a completion that is no string.
 *
 * @example
 * thinkFormatReward('<think>\nBecause.\n</think>\nYes.'); // 1
 */
export function thinkFormatReward(completion: string): number {
  if (typeof completion !== 'string') {
    throw mustBe('thinkFormatReward: completion', 'a string', completion);
  }
  return /^<think>(?!.*<think>).*?<\/think>/s.test(completion) ? 1 : 0;
}
