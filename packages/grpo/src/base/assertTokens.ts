import { count, isArray } from './checks.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';
import { rowOfToken } from './tokenRows.ts';

/**
 * How far above 0 a log-prob may lie: a log-softmax in float32 with logits in the hundreds ends within a few 1e-5 of 0 on
 * either side. Beyond it the values are something else (probabilities, losses, logits).
 */
export const LOGPROB_ROUNDING = 1e-4;

/** Number of sequences B when `length` values are rows of `sequenceLength` tokens. */
export function rowsOf(where: string, length: number, sequenceLength: number): number {
  count(where, 'sequenceLength', sequenceLength);
  if (length % sequenceLength !== 0) {
    throw new GrpoError(
      'shape',
      `${where}: ${length} values are no rows of sequenceLength ${sequenceLength}. Pad them.`,
    );
  }
  return length / sequenceLength;
}

/** One value under the name that the caller gave it: `{ rewards }`. */
export type Field<T> = Readonly<Record<string, T>>;

/** Its name and value. */
export const fieldOf = <T>(field: Field<T>): [string, T] => Object.entries(field)[0]!; // it has one

/** Throws `missing` without the field's values, `shape` unless they are an array; of exactly `length` entries where that is given. */
export function assertLength(
  where: string,
  field: Field<ArrayLike<unknown>>,
  length?: number,
): void {
  const [name, values] = fieldOf(field);
  if (values === undefined || values === null) {
    throw new GrpoError('missing', `${where}: needs ${name}.`);
  }
  if (!isArray(values)) {
    throw new GrpoError('shape', `${where}: ${name} must be an array, got ${shown(values)}.`);
  }
  if (length === undefined || values.length === length) return;
  throw new GrpoError(
    'shape',
    `${where}: ${name} must have ${length} values, got ${values.length}.`,
  );
}

/** How tokens lie in rows: the length of all of them, or the start of each. */
export type RowLayout = number | Uint32Array;

/** "sequence 2, position 5" of value i, or "position 5" where there are no rows. */
export function placeOf(i: number, layout?: RowLayout): string {
  if (layout === undefined) return `position ${i}`;
  if (typeof layout === 'number')
    return `sequence ${Math.floor(i / layout)}, position ${i % layout}`;
  const row = rowOfToken(layout, i);
  return `sequence ${row}, position ${i - layout[row]!}`;
}

/** The `not-finite` error of value i. */
export function notFinite(what: string, i: number, layout?: RowLayout): GrpoError {
  return new GrpoError(
    'not-finite',
    `${what} at ${placeOf(i, layout)}. Mask it, or find its source.`,
  );
}

/** The `option` error of a log-prob above 0. */
export function notLogprob(what: string, value: number, place: string): GrpoError {
  return new GrpoError(
    'option',
    `${what} is ${value} at ${place}: a log-prob is at most 0. Take the logarithm.`,
  );
}

/** Which of the values are looked at, and how they lie in rows. */
export interface LookAt {
  /** Default: all of them. */
  mask?: Uint8Array | undefined;
  layout?: RowLayout | undefined;
}

/** Throws `not-finite` at the first value with mask != 0 that is no finite number; without a mask every one counts. */
export function assertFiniteTokens(
  where: string,
  field: Field<ArrayLike<number>>,
  { mask, layout }: LookAt = {},
): void {
  const [name, values] = fieldOf(field);
  for (let i = 0; i < values.length; i++) {
    if (mask !== undefined && mask[i] === 0) continue;
    if (!Number.isFinite(values[i])) {
      throw notFinite(`${where}: ${name} is ${shown(values[i])}`, i, layout);
    }
  }
}

/** As `assertFiniteTokens`, and `option` at the first log-prob above 0. */
export function assertLogprobs(
  where: string,
  field: Field<ArrayLike<number>>,
  { mask, layout }: LookAt = {},
): void {
  const [name, values] = fieldOf(field);
  for (let i = 0; i < values.length; i++) {
    if (mask !== undefined && mask[i] === 0) continue;
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw notFinite(`${where}: ${name} is ${shown(value)}`, i, layout);
    }
    if (value > LOGPROB_ROUNDING) throw notLogprob(`${where}: ${name}`, value, placeOf(i, layout));
  }
}

/**
 * The sampler's log-probs: NaN is "not reported" unless `complete`, the infinities are errors. Their sign is not judged: they
 * are another program's, and the corrections are there to bound what does not fit.
 */
export function assertRolloutLogprobs(
  where: string,
  field: Field<ArrayLike<number>>,
  { mask, layout, complete = false }: LookAt & { complete?: boolean | undefined } = {},
): void {
  const [name, values] = fieldOf(field);
  for (let i = 0; i < values.length; i++) {
    if (mask !== undefined && mask[i] === 0) continue;
    if (Number.isFinite(values[i]) || (Number.isNaN(values[i]) && !complete)) continue;
    throw notFinite(`${where}: ${name} is ${shown(values[i])}`, i, layout);
  }
}
