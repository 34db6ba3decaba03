import { assertLength } from './assertTokens.ts';
import { count, isArray } from './checks.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';
import type { AlignedLayout } from './targetAligned.ts';

/** Fields with one value per sequence, or one per token. */
export const PER_SEQUENCE = ['advantages', 'importanceWeights'] as const;

/** The largest layout that is laid out, in tokens. */
export const LARGEST: number = 2 ** 31 - 1;

/** Target-aligned data, its layout read and its other fields as they came. */
export interface AlignedFields {
  fields: Record<string, unknown>;
  ids: ArrayLike<number>;
  /** `[B]`, tokens of each sequence. */
  counts: Uint32Array;
  /** Whether the tokens lie sequence after sequence. */
  ordered: boolean;
  /** Whether B was said, so that B values are one per sequence. */
  stated: boolean;
}

/** @throws {GrpoError} `option` for two layouts, or ids that are no sequences; `missing`, `shape`. */
export function readSequenceIds(where: string, data: AlignedLayout & object): AlignedFields {
  const { sequenceIds: ids, completionMask, sequenceLength, batchSize, ...fields } = data;
  for (const [name, value] of Object.entries({ completionMask, sequenceLength })) {
    if (value === undefined || value === null) continue;
    throw new GrpoError(
      'option',
      `${where}: sequenceIds and ${name} are two layouts. Give [N] arrays with sequenceIds, or [B*T] arrays with completionMask and sequenceLength.`,
    );
  }
  assertLength(where, { sequenceIds: ids });
  const stated = batchSize !== undefined && batchSize !== null;
  if (stated) count(where, 'batchSize', batchSize);
  const said = stated ? batchSize : sequencesOf(fields, ids.length);
  const { rows, ordered } = rowsOfIds(where, ids, said);
  const counts = new Uint32Array(rows);
  for (let i = 0, from = 0; i < ids.length; from = i) {
    while (i < ids.length && ids[i] === ids[from]) i++;
    counts[ids[from]!]! += i - from;
  }
  return { fields, ids, counts, ordered, stated };
}

/** B as the fields have it: the length of one that is per sequence. */
function sequencesOf(fields: Record<string, unknown>, tokens: number): number | undefined {
  for (const name of PER_SEQUENCE) {
    const values = fields[name];
    if (isArray(values) && values.length !== tokens) return values.length;
  }
  return undefined;
}

function rowsOfIds(where: string, ids: ArrayLike<number>, said: number | undefined) {
  const limit = said ?? LARGEST;
  let [last, before, ordered] = [-1, Number.NaN, true];
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id === before) continue;
    if (!(Number.isSafeInteger(id) && id >= 0 && id < limit)) throw badId(where, id, i, said);
    if (id < before) ordered = false;
    if (id > last) last = id;
    before = id;
  }
  const rows = said ?? last + 1;
  if (rows > LARGEST) throw tooMany(where, rows, 1);
  return { rows, ordered };
}

function badId(where: string, ...[id, i, said]: [number, number, number | undefined]): GrpoError {
  const range = said === undefined ? 'integers from 0' : `0 to ${said - 1}, as [B] has it`;
  return new GrpoError(
    'option',
    `${where}: sequenceIds must be ${range}, got ${shown(id)} at position ${i}. Number the sequences 0 to B - 1.`,
  );
}

/** The error of more tokens than fit. */
export function tooMany(where: string, rows: number, width: number): GrpoError {
  return new GrpoError(
    'option',
    `${where}: sequenceIds make ${rows} sequences of up to ${width} tokens, more than fit. Number the sequences 0 to B - 1.`,
  );
}
