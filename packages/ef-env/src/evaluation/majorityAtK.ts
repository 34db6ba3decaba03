import type { Random } from '../base/random.ts';
import { mathEqual } from '../judges/maths/compare/mathEqual.ts';
import { answerGroups } from './answerGroups.ts';

/** What the samples of a problem said. */
export interface GradedSamples {
  /** `null` = none was found: such a sample has no vote. */
  answers: readonly (string | null)[];
  /** Whether each is right. */
  correct: readonly boolean[];
}

/**
 * Chance that the most frequent answer of k samples is right, over random choices of k out of all.
 * Right samples are one vote, wrong ones where they are mathematically equal, in either direction or through a third
 * one; the order of samples does not matter. A tie counts as the share of right ones in it. Exact up to
 * 500 choices, an estimate from as many random ones beyond.
 */
export function majorityAtK(
  { answers, correct }: GradedSamples,
  k: number,
  random: Random,
): number {
  const { votes: kindOf, kinds } = electorate(answers, correct);
  let [total, draws] = [0, 0];
  for (const chosen of choices(answers.length, k, random)) {
    const votes = kinds.map(() => 0);
    for (const i of chosen) if (kindOf[i]! >= 0) votes[kindOf[i]!]! += 1;
    const most = Math.max(1, ...votes);
    const winners = kinds.filter((_, kind) => votes[kind] === most);
    if (winners.length > 0) total += winners.filter((kind) => kind.correct).length / winners.length;
    draws += 1;
  }
  return total / draws;
}

interface Electorate {
  /** Per sample the index of its kind, -1 = no vote; in an order that that of the samples does not change. */
  votes: number[];
  kinds: { correct: boolean; size: number; name: string }[];
}

/** Which samples say the same: all right ones, and wrong ones that are equal in either direction or through others. */
function electorate(answers: readonly (string | null)[], correct: readonly boolean[]): Electorate {
  const wrong = answers.filter((answer, i): answer is string => answer !== null && !correct[i]);
  const groups = answerGroups(wrong, mathEqual);
  const kinds = [...new Set(groups)].map((group) => {
    const members = wrong.filter((_, i) => groups[i] === group).sort();
    return { correct: false, size: members.length, name: members.join('\n') };
  });
  const right = correct.filter(Boolean).length;
  if (right > 0) kinds.push({ correct: true, size: right, name: '' });
  kinds.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1)); // drawn choices are of this order
  const votes = kinds.flatMap(({ size }, kind) => Array<number>(size).fill(kind));
  const silent = Array<number>(answers.length - votes.length).fill(-1);
  return { votes: [...votes, ...silent], kinds };
}

/** Choices beyond this many are drawn, not listed. */
const MAX_LISTED = 500;

/** Every choice of k out of n, or as many random ones where there are too many. */
function* choices(n: number, k: number, random: Random): Generator<readonly number[]> {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  if (count > MAX_LISTED) {
    const all = [...Array(n).keys()];
    for (let draw = 0; draw < MAX_LISTED; draw++) yield random.sample(all, k);
    return;
  }
  const chosen = [...Array(k).keys()];
  for (;;) {
    yield chosen;
    let i = k - 1;
    while (i >= 0 && chosen[i] === n - k + i) i -= 1;
    if (i < 0) return;
    chosen[i]! += 1;
    for (let j = i + 1; j < k; j++) chosen[j] = chosen[j - 1]! + 1;
  }
}
