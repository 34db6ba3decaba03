import { assertLength } from './assertTokens.ts';
import { isArray } from './checks.ts';
import { GrpoError } from './errors.ts';
import { type AlignedFields, PER_SEQUENCE } from './readSequenceIds.ts';

/** The place of each token: those of sequence r from `starts[r]` on, in their order. */
export function placesOf({ ids, counts }: AlignedFields, starts: Uint32Array): Uint32Array {
  const next = starts.slice(0, counts.length);
  const places = new Uint32Array(ids.length);
  for (let i = 0; i < places.length; i++) places[i] = next[ids[i]!]!++;
  return places;
}

/** The fields with a value per token, each value at its place; without places they are in order already, and stay. */
export function placeFields(
  where: string,
  aligned: AlignedFields,
  layout: { places: Uint32Array | undefined; size: number },
): Record<string, unknown> {
  const { fields, ids } = aligned;
  const { places, size } = layout;
  const placed: Record<string, unknown> = { ...fields };
  const spread = new Map<unknown, unknown>(); // one array under two names stays one
  for (const [name, values] of Object.entries(fields)) {
    if (!isArray(values)) continue; // left to the function that reads it
    const perSequence = (PER_SEQUENCE as readonly string[]).includes(name);
    if (perSequence && isPerSequence(where, { name, values }, aligned)) continue;
    if (!perSequence) assertLength(where, { [name]: values }, ids.length);
    if (places === undefined) continue;
    if (!spread.has(values)) spread.set(values, spreadOut(values, places, size));
    placed[name] = spread.get(values);
  }
  return placed;
}

/** `[B]` or `[N]`; where both fit, only if they mean the same or B was said. */
function isPerSequence(
  where: string,
  { name, values }: { name: string; values: ArrayLike<unknown> },
  { ids, counts, ordered, stated }: AlignedFields,
): boolean {
  const [rows, tokens] = [counts.length, ids.length];
  const { length } = values;
  if (length === rows && (stated || rows !== tokens)) return true;
  if (length !== tokens) {
    throw new GrpoError(
      'shape',
      `${where}: ${name} must have ${rows} values (one per sequence) or ${tokens} (one per token), got ${length}.`,
    );
  }
  if (rows !== tokens || (ordered && counts.every((own) => own === 1))) return false;
  throw new GrpoError(
    'shape',
    `${where}: ${rows} sequences and as many tokens: ${name} may be either's. Put the tokens in the order of their sequences, or say batchSize.`,
  );
}

/** Values at their places; what lies between is never read. */
export function spreadOut(
  values: ArrayLike<unknown>,
  places: Uint32Array,
  size: number,
): ArrayLike<unknown> {
  const out = ArrayBuffer.isView(values) ? new Float64Array(size) : new Array(size).fill(0);
  for (let i = 0; i < places.length; i++) out[places[i]!] = values[i];
  return out;
}

/** The named results of a layout, at the tokens of target-aligned data; in the same kind of array. */
export function bringBack<R extends object>(
  result: R,
  places: Uint32Array,
  perToken: readonly (keyof R & string)[],
): R {
  if (typeof result !== 'object' || result === null) return result;
  const back: Partial<Record<string, unknown>> = {};
  for (const name of perToken) {
    const values: unknown = result[name];
    if (values !== undefined) back[name] = gather(values as Float64Array | Uint8Array, places);
  }
  return { ...result, ...back };
}

function gather<A extends Float64Array | Uint8Array>(values: A, places: Uint32Array): A {
  const out = values.slice(0, places.length) as A; // of the same kind
  for (let i = 0; i < places.length; i++) out[i] = values[places[i]!]!;
  return out;
}
