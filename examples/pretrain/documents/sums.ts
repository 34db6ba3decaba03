import type { Random } from '@molrl/ef-env';
import {
  numberOfDigits,
  type Sum,
  sumAnswer,
  sumColumns,
  sumCorrection,
  sumQuestion,
  sumSolution,
} from '../../compare/domains/sums.ts';
import type { Turns } from './document.ts';

/** Digits of the two numbers. Three and three is what `npm run compare` asks. */
const DIGITS = [
  [2, 2],
  [2, 3],
  [3, 2],
  [3, 4],
  [4, 3],
  [4, 4],
] as const;

/** A sum in columns, in a third of the documents right after a wrong one and its correction. */
export function sumDocument(random: Random): Turns {
  const [a, b] = random.choice(DIGITS).map((digits) => numberOfDigits(random, digits)) as [
    number,
    number,
  ];
  const sum: Sum = { a, b };
  const [question, right] = [sumQuestion(sum), sumSolution(sum)];
  if (random.integer(3) > 0) return [question, right];
  const wrong = mistaken(random, sum);
  return [question, { mistake: wrong }, sumAnswer(sumCorrection(sum, wrong)), right];
}

/** The columns with one result that is off by one, and what follows from it. */
function mistaken(random: Random, sum: Sum): string {
  const columns = sumColumns(sum);
  const at = random.integer(columns.length);
  const up = random.integer(2) === 1;
  const said = columns.map((column, i) => {
    if (i !== at) return column;
    const [terms, total] = column.split('=');
    return `${terms}=${Number(total) + (up || total === '0' ? 1 : -1)}`;
  });
  const answer = said
    .map((column, i) => (i === said.length - 1 ? column.split('=')[1]! : column.at(-1)!)) // columns end in a digit
    .reverse()
    .join('');
  return `<think>\n${said.join(' ')}\n</think>\n\n${answer}`;
}
