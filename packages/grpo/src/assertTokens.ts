import { GrpoError } from './errors.ts';

/** Number of sequences B when `length` values are rows of `sequenceLength` tokens. */
export function rowsOf(where: string, length: number, sequenceLength: number): number {
  if (!(sequenceLength >= 1) || length % sequenceLength !== 0) {
    throw new GrpoError(
      'shape',
      `${where}: ${length} values are no rows of sequenceLength ${sequenceLength}. Pad them.`,
    );
  }
  return length / sequenceLength;
}

/** Throws `shape` unless `values` has exactly `length` entries. */
export function assertLength(
  where: string,
  name: string,
  values: ArrayLike<unknown>,
  length: number,
): void {
  if (values.length === length) return;
  throw new GrpoError(
    'shape',
    `${where}: ${name} must have ${length} values, got ${values.length}.`,
  );
}

/** The `not-finite` error of token i. */
export function notFinite(what: string, i: number, sequenceLength: number): GrpoError {
  const row = Math.floor(i / sequenceLength);
  return new GrpoError(
    'not-finite',
    `${what} at sequence ${row}, position ${i % sequenceLength}. Mask it, or find its source.`,
  );
}

/** Throws `not-finite` at the first token with mask != 0 whose value is NaN or infinite. */
export function assertFiniteTokens(
  where: string,
  name: string,
  values: ArrayLike<number>,
  mask: ArrayLike<number>,
  sequenceLength: number,
): void {
  for (let i = 0; i < values.length; i++) {
    if (mask[i] !== 0 && !Number.isFinite(values[i])) {
      throw notFinite(`${where}: ${name} is ${values[i]}`, i, sequenceLength);
    }
  }
}
