import { checkList } from '../base/checkData.ts';
import { readOptions } from '../base/readOptions.ts';
import { answerGroups } from './answerGroups.ts';

export interface MajorityVoteOptions {
  /**
   * Whether two answers are the same vote; asked in both directions, and what is equal to a third one votes with it.
   * Default: the same spelling, so that `0.5` and `1/2` are two. Of mathematics: `mathEqual`.
   */
  equal?: ((a: string, b: string) => boolean) | null | undefined;
}

/**
 * The answer given most often; among equals the one seen first. `null` answers do not vote.
 *
 * @returns the answer in the spelling that its voters used most, or `null` if nobody voted.
 *
 * @example
 * majorityVote(['5', '4', '4', null]); // '4'
 * majorityVote(['0.5', '1/2', '3'], { equal: mathEqual }); // '0.5'
 *
 * @see Wang et al. 2022, Self-Consistency: https://arxiv.org/abs/2203.11171
 */
export function majorityVote(
  answers: ArrayLike<string | null>,
  options: MajorityVoteOptions = {},
): string | null {
  const { equal } = readOptions('majorityVote', options, { equal: 'optional' });
  if (typeof answers !== 'object' || answers === null)
    checkList('majorityVote', 'answers', answers);
  const voted = Array.from(answers).filter((answer) => answer !== null && answer !== undefined);
  const groups = equal ? answerGroups(voted, equal) : [];
  const winner = equal ? mostFrequent(groups) : undefined;
  return mostFrequent(equal ? voted.filter((_, i) => groups[i] === winner) : voted) ?? null;
}

/** Among equals the first. */
function mostFrequent<T>(items: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return items.find((item) => counts.get(item) === most);
}
