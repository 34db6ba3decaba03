import { assertLength, rowsOf } from './assertTokens.ts';
import { bringBack, placeFields, placesOf } from './placeTokens.ts';
import { readPolicyFields } from './policyFields.ts';
import type { PolicyLossData } from './policyLossData.ts';
import { readMask } from './readMask.ts';
import { readSequenceIds } from './readSequenceIds.ts';
import { type AlignedLayout, isAligned, type TargetAligned } from './targetAligned.ts';
import { gridStarts, type TokenRows, tokenRows } from './tokenRows.ts';

/** Marks data that was laid out, when one function of this package hands it on to another. */
const TOKENS: unique symbol = Symbol('tokens');

/** A loss's inputs in the order of `tokens`, names and mask checked, values not. */
export type RowFields<D> = D & { [TOKENS]?: TokenRows };

/** A function of rows, by name, and which of its results have a value per token. */
export interface RowFunction<D, R> {
  where: string;
  required: readonly (keyof D & string)[];
  perToken: readonly (keyof R & string)[];
  run(fields: RowFields<D>, tokens: TokenRows): R;
}

/**
 * Runs on a grid or on target-aligned data as on one layout, rows of any length, and brings the named results back to the
 * tokens as they were given. Target-aligned data that lies in order is taken as it is: nothing is padded or copied.
 */
export function onRows<D extends Partial<PolicyLossData>, R extends object>(
  data: D | TargetAligned<D>,
  { where, required, perToken, run }: RowFunction<D, R>,
): R {
  const { fields, tokens, places } = layOut<D>(where, data, required);
  const result = run({ ...fields, [TOKENS]: tokens }, tokens);
  return places === undefined ? result : bringBack(result, places, perToken);
}

function layOut<D extends Partial<PolicyLossData>>(
  where: string,
  data: D | TargetAligned<D>,
  required: readonly (keyof D & string)[],
): { fields: D; tokens: TokenRows; places?: Uint32Array | undefined } {
  const known = (data as RowFields<D> | null | undefined)?.[TOKENS];
  const present = required.filter((name) => !LAYOUT.includes(name));
  if (known) return { fields: readPolicyFields(where, data as D, present), tokens: known };
  if (isAligned(data)) return layOutAligned(where, data, present);
  const fields = readPolicyFields(where, data as D, required);
  const given = fields as unknown as PolicyLossData; // mask and length are required
  const { completionMask, sequenceLength, logprobs = completionMask } = given;
  const name = logprobs === completionMask ? 'completionMask' : 'logprobs';
  assertLength(where, { [name]: logprobs });
  const grid = { completionMask, sequenceLength };
  return { fields, tokens: tokensOfGrid(where, grid, logprobs.length) };
}

/** The layout of a grid; of `size` tokens, where it is known. */
export function tokensOfGrid(
  where: string,
  { completionMask, sequenceLength }: Pick<PolicyLossData, 'completionMask' | 'sequenceLength'>,
  size?: number,
): TokenRows {
  if (size === undefined) assertLength(where, { completionMask });
  const length = size ?? completionMask.length;
  const rows = rowsOf(where, length, sequenceLength);
  const mask = readMask(where, { completionMask }, { length, layout: sequenceLength });
  return tokenRows(mask, gridStarts(rows, sequenceLength));
}

const LAYOUT: readonly string[] = ['completionMask', 'sequenceLength'];

/** A sequence without a token gets one that is masked: a row has a first token, where what is the row's is read. */
function layOutAligned<D extends Partial<PolicyLossData>>(
  where: string,
  data: AlignedLayout & object,
  required: readonly (keyof D & string)[],
) {
  const aligned = readSequenceIds(where, data);
  const { counts, ordered } = aligned;
  const starts = new Uint32Array(counts.length + 1);
  for (let row = 0; row < counts.length; row++) {
    starts[row + 1] = starts[row]! + Math.max(1, counts[row]!);
  }
  const size = starts[counts.length]!;
  const inOrder = ordered && size === aligned.ids.length;
  const places = inOrder ? undefined : placesOf(aligned, starts);
  const mask = new Uint8Array(size);
  if (places === undefined) mask.fill(1);
  else for (let i = 0; i < places.length; i++) mask[places[i]!] = 1;
  const fields = readPolicyFields(where, aligned.fields as D, required);
  const placed = placeFields(where, { ...aligned, fields: { ...fields } }, { places, size }) as D; // the same names
  return { fields: placed, tokens: tokenRows(mask, starts), places };
}
