/**
 * What `JSON.stringify` would change or drop in silence, with its place (`result.found[0]`), or `null` where the JSON
 * says what the value says. A key that holds `undefined` counts as absent.
 *
 * @param path - What messages call the value.
 */
export function jsonFault(value: unknown, path: string): string | null {
  return faultOf(value, { path, key: '', above: [] });
}

/** Where a value stands: what messages call it, its own key, and the values that hold it. */
interface Place {
  path: string;
  key: string;
  above: readonly unknown[];
}

function faultOf(value: unknown, { path, key, above }: Place): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? null : `${path} is ${value}, which JSON does not have`;
  }
  if (typeof value !== 'object') return `${path} is ${describe(value)}, which JSON does not have`;
  if (above.includes(value)) return `${path} contains itself`;
  if (hasToJson(value)) {
    const given = value.toJSON(key);
    if (given === null) return `${path} is ${describe(value)} without a value`; // a Date that does not exist
    return given === value ? null : faultOf(given, { path, key, above: [...above, value] });
  }
  if (Array.isArray(value)) return firstFault(Array.from(value).entries(), path, [...above, value]);
  if (!isPlain(value)) {
    return `${path} is ${describe(value)}, which JSON cannot tell: hand over a plain object, an array or a text`;
  }
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return firstFault(entries, path, [...above, value]);
}

function firstFault(
  entries: Iterable<readonly [number | string, unknown]>,
  path: string,
  above: readonly unknown[],
): string | null {
  for (const [key, field] of entries) {
    const place = typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}`;
    const fault = faultOf(field, { path: place, key: String(key), above });
    if (fault !== null) return fault;
  }
  return null;
}

/** Bytes have a `toJSON` in Node (Buffer), but it is no text that anybody wants. */
function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return !ArrayBuffer.isView(value) && typeof (value as { toJSON?: unknown }).toJSON === 'function'; // asked here
}

/** An object of no class, or of another realm's Object. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return (
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
  ); // an object: not null
}

function describe(value: unknown): string {
  if (typeof value === 'bigint') return `a BigInt (${value})`;
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`;
  const name = (value as object).constructor?.name; // not null: JSON has that
  return name ? `a ${name}` : 'an object of a class';
}
