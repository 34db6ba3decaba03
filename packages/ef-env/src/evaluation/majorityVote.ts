/**
 * The answer given most often; among equals the one seen first. `null` answers do not vote.
 *
 * @returns the answer, or `null` if nobody voted.
 *
 * @example
 * majorityVote(['5', '4', '4', null]); // '4'
 *
 * @see Wang et al. 2022, Self-Consistency: https://arxiv.org/abs/2203.11171
 */
export function majorityVote(answers: ArrayLike<string | null>): string | null {
  const votes = new Map<string, number>();
  for (let i = 0; i < answers.length; i++) {
    const answer = answers[i];
    if (answer !== null && answer !== undefined) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  }
  let best: string | null = null;
  for (const [answer, count] of votes) {
    if (best === null || count > votes.get(best)!) best = answer;
  }
  return best;
}
