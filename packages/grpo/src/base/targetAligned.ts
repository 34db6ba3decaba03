import { assertLength } from './assertTokens.ts';
import { isArray } from './checks.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';

/** The layout of trained tokens alone: no padding, no mask. */
export interface AlignedLayout {
  /**
   * `[N]`, 0 to B - 1: the sequence of each token. The tokens of a sequence are in order, and need not be neighbours. An id
   * without a token is a sequence that has none trained.
   */
  sequenceIds: ArrayLike<number>;
  completionMask?: undefined;
  sequenceLength?: undefined;
}

/** The data of a function that reads a grid, for trained tokens alone: every `[B*T]` array is `[N]`. */
export type TargetAligned<D> = Omit<D, 'completionMask' | 'sequenceLength' | 'sequenceIds'> &
  AlignedLayout;

/** Fields with one value per sequence, or one per token. */
const PER_SEQUENCE = ['advantages', 'importanceWeights'] as const;

/** The largest grid that is laid out, in tokens. */
const LARGEST = 2 ** 31 - 1;

/**
 * Runs on the grid of target-aligned data, and brings the named results back to `[N]`; data of a grid goes through as it is.
 * A token's row is its id, its column its number among those of the same id, so that the numbers are those of the grid.
 */
export function onGrid<D extends object, R extends object>(
  where: string,
  data: D | TargetAligned<D>,
  run: (grid: D) => R,
  perToken: readonly (keyof R & string)[],
): R {
  if (!isAligned(data)) return run(data as D);
  const { grid, places } = toGrid(where, data);
  const result = run(grid as D); // every field of it, and the layout of a grid
  if (typeof result !== 'object' || result === null) return result;
  const back: Partial<Record<string, unknown>> = {};
  for (const name of perToken) {
    const values: unknown = result[name];
    if (values !== undefined) back[name] = fromGrid(values as Float64Array | Uint8Array, places);
  }
  return { ...result, ...back };
}

/** Values of a grid at the tokens of target-aligned data, in the same kind of array. */
export function fromGrid<A extends Float64Array | Uint8Array>(values: A, places: Uint32Array): A {
  const out = values.slice(0, places.length) as A; // of the same kind
  for (let i = 0; i < places.length; i++) out[i] = values[places[i]!]!;
  return out;
}

/** Whether data is target-aligned: it has ids of sequences. */
export function isAligned(data: unknown): data is AlignedLayout & Record<string, unknown> {
  if (typeof data !== 'object' || data === null || !('sequenceIds' in data)) return false;
  return data.sequenceIds !== undefined && data.sequenceIds !== null;
}

/** Throws `option` for target-aligned data where a function takes a grid alone. */
export function assertGrid(where: string, data: unknown): void {
  if (!isAligned(data)) return;
  throw new GrpoError(
    'option',
    `${where}: takes no sequenceIds, but [B*T] arrays with completionMask and sequenceLength.`,
  );
}

/** Target-aligned data as a grid, and the place of each token in it. */
export function toGrid(
  where: string,
  data: AlignedLayout & object,
): { grid: Record<string, unknown>; places: Uint32Array } {
  const { sequenceIds, completionMask, sequenceLength, ...fields } = data;
  for (const [name, value] of Object.entries({ completionMask, sequenceLength })) {
    if (value === undefined || value === null) continue;
    throw new GrpoError(
      'option',
      `${where}: sequenceIds and ${name} are two layouts. Give [N] arrays with sequenceIds, or [B*T] arrays with completionMask and sequenceLength.`,
    );
  }
  assertLength(where, 'sequenceIds', sequenceIds);
  const given = new Map<string, ArrayLike<unknown>>(); // what is no array is left to the function that reads it
  for (const [name, values] of Object.entries(fields)) if (isArray(values)) given.set(name, values);
  const rows = rowsOfIds(where, sequenceIds, given);
  const { places, width } = placesOf(where, sequenceIds, rows);
  const size = rows * width;
  const mask = new Uint8Array(size);
  for (const place of places) mask[place] = 1;
  const grid: Record<string, unknown> = { ...fields, completionMask: mask, sequenceLength: width };
  const spread = new Map<unknown, unknown>(); // one array under two names stays one
  for (const [name, values] of given) {
    const perSequence = (PER_SEQUENCE as readonly string[]).includes(name);
    if (perSequence) assertRowsOrTokens(where, name, values, rows, sequenceIds);
    else assertLength(where, name, values, places.length);
    if (perSequence && values.length !== places.length) continue; // one value per row already
    if (!spread.has(values)) spread.set(values, spreadOut(values, places, size));
    grid[name] = spread.get(values);
  }
  return { grid, places };
}

/** B: as many as there are advantages, if those are per sequence; else up to the largest id. */
function rowsOfIds(
  where: string,
  ids: ArrayLike<number>,
  fields: ReadonlyMap<string, ArrayLike<unknown>>,
): number {
  const stated = PER_SEQUENCE.map((name) => fields.get(name)?.length).find(
    (length) => length !== undefined && length !== ids.length,
  );
  let last = -1;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    const limit = stated ?? LARGEST;
    if (!Number.isSafeInteger(id) || id < 0 || id >= limit) {
      const range = stated === undefined ? 'integers from 0' : `0 to ${stated - 1}, as [B] has it`;
      throw new GrpoError(
        'option',
        `${where}: sequenceIds must be ${range}, got ${shown(id)} at position ${i}. Number the sequences 0 to B - 1.`,
      );
    }
    last = Math.max(last, id);
  }
  return stated ?? last + 1;
}

/** Row-major places of the tokens, and the length of the longest sequence. */
function placesOf(where: string, ids: ArrayLike<number>, rows: number) {
  const counts = new Map<number, number>();
  const columns = Uint32Array.from(ids, (id) => {
    const column = counts.get(id) ?? 0;
    counts.set(id, column + 1);
    return column;
  });
  const width = columns.reduce((longest, column) => Math.max(longest, column + 1), 1);
  if (rows * width > LARGEST) {
    throw new GrpoError(
      'option',
      `${where}: sequenceIds make ${rows} sequences of up to ${width} tokens, more than fit. Number the sequences 0 to B - 1.`,
    );
  }
  return { places: columns.map((column, i) => ids[i]! * width + column), width };
}

/** `[B]` or `[N]`; where both fit, only if they mean the same. */
function assertRowsOrTokens(
  where: string,
  name: string,
  values: ArrayLike<unknown>,
  rows: number,
  ids: ArrayLike<number>,
): void {
  assertLength(where, name, values);
  const { length } = values;
  if (length !== rows && length !== ids.length) {
    throw new GrpoError(
      'shape',
      `${where}: ${name} must have ${rows} values (one per sequence) or ${ids.length} (one per token), got ${length}.`,
    );
  }
  if (rows !== ids.length || Array.from(ids).every((id, i) => id === i)) return;
  throw new GrpoError(
    'shape',
    `${where}: ${rows} sequences and as many tokens: ${name} may be either's. Put the tokens in the order of their sequences.`,
  );
}

/** `[N]` values at their places; what lies between is never read. */
export function spreadOut(
  values: ArrayLike<unknown>,
  places: Uint32Array,
  size: number,
): ArrayLike<unknown> {
  const out = ArrayBuffer.isView(values) ? new Float64Array(size) : new Array(size).fill(0);
  for (let i = 0; i < places.length; i++) out[places[i]!] = values[i];
  return out;
}
