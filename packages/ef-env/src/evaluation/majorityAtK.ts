import { mathEqual } from '../graders/math/mathEqual.ts';
import type { Random } from '../random.ts';

/**
 * Chance that the most frequent answer of k samples is right, over random choices of k out of all.
 * Answers that are mathematically equal count as one; a tie counts as the share of right ones in it.
 *
 * @param answers - per sample, `null` = none was found: such a sample has no vote.
 * @param correct - whether the sample is right.
 */
export function majorityAtK(
  answers: readonly (string | null)[],
  correct: readonly boolean[],
  k: number,
  random: Random,
): number {
  const kinds: { answer: string; correct: boolean }[] = [];
  const kindOf = answers.map((answer, i) => {
    if (answer === null) return -1;
    const known = kinds.findIndex(
      (kind) => kind.correct === correct[i] && (kind.correct || mathEqual(kind.answer, answer)),
    );
    if (known >= 0) return known;
    kinds.push({ answer, correct: correct[i]! });
    return kinds.length - 1;
  });
  const all = [...kindOf.keys()];
  const draws = k === answers.length ? 1 : 200;
  let total = 0;
  for (let draw = 0; draw < draws; draw++) {
    const votes = kinds.map(() => 0);
    for (const i of draws === 1 ? all : random.sample(all, k))
      if (kindOf[i]! >= 0) votes[kindOf[i]!]! += 1;
    const most = Math.max(0, ...votes);
    const winners = kinds.filter((_, kind) => votes[kind] === most && most > 0);
    if (winners.length > 0) total += winners.filter((kind) => kind.correct).length / winners.length;
  }
  return total / draws;
}
