import {
  compareRationals,
  negateRational,
  rationalFromDecimal,
} from '../../../numbers/rational.ts';
import { type GymItem, type GymVerdict, RIGHT, wrong } from './gymFamily.ts';
import { readNumber } from './readNumber.ts';

/** Judges a number; `why` may name the mistake from the puzzle, else its direction is told. */
export function judgeNumber(
  item: GymItem<unknown>,
  answer: string,
  why: (value: bigint) => string | null = () => null,
): GymVerdict {
  const value = readNumber(answer);
  if (value === null) return wrong('The answer is to be one number and nothing else.');
  const expected = item.answer!.startsWith('-')
    ? negateRational(rationalFromDecimal(item.answer!.slice(1)))
    : rationalFromDecimal(item.answer!);
  const order = compareRationals(value, expected);
  if (order === 0) return RIGHT;
  const reason = value.denominator === 1n ? why(value.numerator) : null;
  if (reason !== null) return wrong(reason);
  const same = value.numerator < 0n === expected.numerator < 0n || value.numerator === 0n;
  if (!same && compareRationals(negateRational(value), expected) === 0)
    return wrong('The sign is wrong.');
  return wrong(
    `${value.denominator === 1n ? value.numerator : answer.trim()} is too ${order > 0 ? 'large' : 'small'}.`,
  );
}
