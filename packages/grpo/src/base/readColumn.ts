import { assertLength, LOGPROB_ROUNDING, notFinite, notLogprob, placeOf } from './assertTokens.ts';
import { shown } from './shown.ts';
import type { TokenRows } from './tokenRows.ts';

/** Numbers in a form that loops read fast. */
export type Numbers = Float32Array | Float64Array;

/** One field with a value per token, as a caller gave it. */
interface Column {
  name: string;
  values: ArrayLike<number>;
  /** `'logprob'`: at most 0 as well. */
  kind: 'logprob' | 'number';
}

/**
 * One value per token, checked on the trained ones.
 *
 * @throws {GrpoError} `missing`, `shape`; `not-finite` at the first value that is no finite number, `option` at the first
 * log-prob above 0.
 */
export function readColumn(
  where: string,
  { name, values, kind }: Column,
  tokens: TokenRows,
): Numbers {
  assertLength(where, { [name]: values }, tokens.mask.length);
  const numbers = numbersOf(values);
  const highest = kind === 'logprob' ? LOGPROB_ROUNDING : Number.MAX_VALUE;
  const bad = firstOutside(numbers, tokens, highest);
  if (bad === undefined) return numbers;
  const place = placeOf(bad, tokens.starts);
  if (Number.isFinite(values[bad])) throw notLogprob(`${where}: ${name}`, values[bad]!, place);
  throw notFinite(`${where}: ${name} is ${shown(values[bad])}`, bad, tokens.starts);
}

/** The first trained token whose value is no finite number up to `highest`; their list is made when there is any. */
function firstOutside(values: Numbers, tokens: TokenRows, highest: number): number | undefined {
  let i = 0;
  while (i < values.length && isWithin(values[i]!, highest)) i++;
  return i === values.length
    ? undefined
    : tokens.trained.find((token) => !isWithin(values[token]!, highest));
}

const isWithin = (value: number, highest: number) => value <= highest && value > -Infinity;

/** Arrays of anything else than floats as floats; what is no number is NaN there. */
export function numbersOf(values: ArrayLike<number>): Numbers {
  if (values instanceof Float64Array || values instanceof Float32Array) return values;
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const value: unknown = values[i];
    numbers[i] = typeof value === 'number' ? value : Number.NaN;
  }
  return numbers;
}
