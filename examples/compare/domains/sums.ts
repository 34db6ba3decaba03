import {
  createRandom,
  defineEnvironment,
  type Environment,
  mixSeeds,
  parseAnswer,
  type Random,
} from '@molrl/ef-env';
import type { Domain, Split } from './domain.ts';

/** Two numbers of as many digits. */
export interface Sum {
  a: number;
  b: number;
}

/** "437 + 385" */
export const sumQuestion = ({ a, b }: Sum): string => `${a} + ${b}`;

const digitAt = (number: number, place: number): number => Math.floor(number / 10 ** place) % 10;

/** The columns from the right, with what is carried: "7+5=12", "3+8+1=12", "4+3+1=8". */
export function sumColumns({ a, b }: Sum): string[] {
  let carried = 0;
  return Array.from({ length: `${Math.max(a, b)}`.length }, (_, place) => {
    const terms = [digitAt(a, place), digitAt(b, place), ...(carried > 0 ? [carried] : [])];
    const total = terms.reduce((sum, term) => sum + term, 0);
    carried = total > 9 ? 1 : 0;
    return `${terms.join('+')}=${total}`;
  });
}

/** An attempt without a mistake: the columns are the thought. */
export const sumSolution = (sum: Sum): string =>
  `<think>\n${sumColumns(sum).join(' ')}\n</think>\n\n${sum.a + sum.b}`;

/** What the environment answers. */
export const sumAnswer = (wrong: string | undefined): string =>
  wrong === undefined ? 'Right.' : `Wrong. ${wrong} Try again.`;

/** Where the sum of an attempt goes wrong, and how that column is worked. Undefined: the answer is right. */
export function sumCorrection(sum: Sum, attempt: string): string | undefined {
  if (parseAnswer(attempt) === `${sum.a + sum.b}`) return undefined;
  const thought = attempt.split('</think>')[0]!.replace('<think>', '').trim().split(/\s+/); // split has a first
  const columns = sumColumns(sum);
  const wrong = columns.findIndex((column, i) => thought[i] !== column);
  if (wrong < 0) return `The columns give ${sum.a + sum.b}.`;
  const said = thought[wrong];
  const instead = said && /^[\d+]+=\d+$/.test(said) ? `, not ${said}` : '';
  return `Column ${wrong + 1}: ${columns[wrong]}${instead}.`;
}

/**
 * Sums in columns. A wrong answer is answered with the first column that is wrong, worked; `'none'` ends after one attempt.
 *
 *     user       437 + 385
 *     assistant  <think> 7+5=12 3+8=11 4+3+1=8 </think> 812
 *     user       Wrong. Column 2: 3+8+1=12, not 3+8=11. Try again.
 */
export const sums = ({
  feedback = 'step',
}: {
  feedback?: 'step' | 'none' | undefined;
} = {}): Environment<Sum> =>
  defineEnvironment<Sum, Sum>({
    name: 'sums',
    reset: (task) => ({ observation: sumQuestion(task), state: task }),
    step: (task, action) => {
      const wrong = sumCorrection(task, action);
      const [reward, done] = [Number(!wrong), feedback === 'none' || !wrong];
      return feedback === 'none' ? { reward, done } : { feedback: sumAnswer(wrong), reward, done };
    },
  });

function sideOf(sum: Sum): Split | 'train' {
  const side = mixSeeds('held-out', sumQuestion(sum)) % 8;
  if (side === 0) return 'test';
  return side === 1 ? 'validation' : 'train';
}

export function numberOfDigits(random: Random, digits: number): number {
  const least = 10 ** (digits - 1);
  return least + random.integer(9 * least);
}

/** Two numbers of so many digits, of one side. */
function sumTask(random: Random, digits: number, side: Split | 'train'): Sum {
  for (;;) {
    const sum = { a: numberOfDigits(random, digits), b: numberOfDigits(random, digits) };
    if (sideOf(sum) === side) return sum;
  }
}

/** Sums of two numbers of so many digits. */
export const sumsDomain = (
  digits: number,
  rest: Pick<Domain, 'maxTokens' | 'budget' | 'skills'>,
): Domain<Sum> => ({
  ...{ ...rest, name: 'sums', told: sums(), silent: sums({ feedback: 'none' }) },
  firstTask: (random) => sumTask(random, digits, 'train'),
  nextTask: (random) => sumTask(random, digits, 'train'),
  heldOut: (split, count) => {
    const random = createRandom(mixSeeds('evaluation', split, 'sums'));
    return Array.from({ length: count }, () => sumTask(random, digits, split));
  },
});
