import { fileURLToPath } from 'node:url';
import { createRandom, gradeMath, mathEqual, type Random } from '@molrl/ef-env';
import { randomAnswer } from './randomAnswers.ts';

/** How completions state an answer. */
const LAYOUTS: ((answer: string) => string)[] = [
  (answer) => `So \\boxed{${answer}}.`,
  (answer) => `Therefore $${answer}$.`,
  (answer) => `The answer is ${answer}.`,
  (answer) => `The answer is ${answer} (see step 3).`,
  (answer) => `**Answer:**\n\n- **${answer}**`,
  (answer) => `So the value is ${answer}.`,
  (answer) => `We add up.\n\n${answer}`,
  (answer) => `1. First we add up.\n2. It is ${answer} in the end.`,
  (answer) => `Final answer: ${answer} — as shown in part 2.`,
];

/** What became of a number of pairs. */
export interface PairCounts {
  /** Pairs of different values that were accepted: `'gold | completion'`. Must be empty. */
  accepted: string[];
  unequal: number;
  /** Pairs of one value in two spellings that were refused. */
  refused: string[];
  equal: number;
}

const differ = (a: number, b: number): boolean =>
  Math.abs(a - b) > 1e-4 * Math.max(1e-3, Math.abs(a), Math.abs(b));

/**
 * Random expressions against others of another value, against the numbers that stand in them, and against other
 * spellings of themselves: bare and in the layouts of completions.
 */
export function gradePairs(count: number, random: Random): PairCounts {
  const counts: PairCounts = { accepted: [], unequal: 0, refused: [], equal: 0 };
  for (let i = 0; i < count; i++) {
    const [gold, other] = [randomAnswer(random), randomAnswer(random)];
    const piece = random.choice(other.pieces);
    const reference = random.choice(gold.spellings);
    const spelling = random.choice(other.spellings);
    const completion = random.choice(LAYOUTS)(spelling);
    const wrong: [string, number][] = [
      [reference, gold.value],
      [`${piece}`, piece],
    ];
    for (const [text, value] of wrong) {
      if (!differ(value, other.value)) continue;
      counts.unequal += 1;
      if (gradeMath(text, completion).correct || mathEqual(text, spelling))
        counts.accepted.push(`${text} | ${completion}`);
    }
    counts.equal += 1;
    const again = random.choice(other.spellings);
    if (!gradeMath(again, completion).correct) counts.refused.push(`${again} | ${completion}`);
  }
  return counts;
}

/** `node --conditions=@molrl/source --import tsx conformance/graderPairs.ts [count] [seed]` */
function main([count = '10000', seed = '1']: string[]): void {
  const { accepted, unequal, refused, equal } = gradePairs(
    Number(count),
    createRandom(Number(seed)),
  );
  process.stdout.write(
    `${unequal} unequal pairs, ${accepted.length} accepted; ${equal} equal pairs, ${refused.length} refused\n`,
  );
  for (const pair of accepted) process.stdout.write(`accepted: ${JSON.stringify(pair)}\n`);
  for (const pair of refused.slice(0, 20))
    process.stdout.write(`refused: ${JSON.stringify(pair)}\n`);
  process.exitCode = accepted.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
