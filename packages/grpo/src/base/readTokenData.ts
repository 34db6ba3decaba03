import { assertLength, rowsOf } from './assertTokens.ts';
import { type Mask, readMask } from './readMask.ts';
import { readFields } from './readOptions.ts';
import { assertGrid } from './targetAligned.ts';

/** The names of the data of every function here: one object may serve several, each reads its own and leaves the others. */
export const DATA_FIELDS = {
  logprobs: true,
  oldLogprobs: true,
  refLogprobs: true,
  rolloutLogprobs: true,
  entropies: true,
  advantages: true,
  completionMask: true,
  importanceWeights: true,
  tokenWeights: true,
  objectiveMask: true,
  klValues: true,
  turns: true,
  sequenceLength: true,
  sequenceIds: true,
  rewards: true,
  tokenRewards: true,
  values: true,
} as const;

interface Rows {
  completionMask: Mask;
  sequenceLength: number;
}

/**
 * Data of `[B*T]` tokens: names, lengths and mask checked, values not.
 *
 * @param perToken - the fields that must be there with one value per token.
 * @throws {GrpoError} `unknown-name`, `missing`, `shape`; `option` for a mask that is none.
 */
export function readTokenData<D extends Rows, K extends keyof D & string>(
  where: string,
  data: D,
  perToken: readonly [K, ...K[]],
): { fields: D; mask: Uint8Array; rows: number; size: number } {
  assertGrid(where, data);
  const names = DATA_FIELDS as typeof DATA_FIELDS & { readonly [N in keyof Required<D>]: true }; // it names those of all
  const fields = readFields<D>(where, data, {
    what: 'data field',
    known: names,
    required: [...perToken, 'completionMask', 'sequenceLength'],
  });
  const column = (name: K) => fields[name] as unknown as ArrayLike<unknown>; // checked by assertLength
  assertLength(where, { [perToken[0]]: column(perToken[0]) });
  const size = column(perToken[0]).length;
  const rows = rowsOf(where, size, fields.sequenceLength);
  for (const name of perToken) assertLength(where, { [name]: column(name) }, size);
  const { completionMask, sequenceLength } = fields;
  const mask = readMask(where, { completionMask }, { length: size, layout: sequenceLength });
  return { fields, mask, rows, size };
}

/** `[B]`, 1 where a row has a trained token: values of other rows are not read. */
export function trainedRows(mask: Uint8Array, sequenceLength: number): Uint8Array {
  const rows = new Uint8Array(mask.length / sequenceLength);
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) rows[Math.floor(i / sequenceLength)] = 1;
  return rows;
}
