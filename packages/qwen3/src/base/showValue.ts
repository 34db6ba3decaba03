const MAX_TEXT = 60;
const MAX_ITEMS = 8;
const MAX_DEPTH = 2;

/**
 * A value of a file as an error message shows it: like JSON, but short, whatever its size and depth.
 * (`JSON.stringify` overflows the stack on deep values and copies long ones whole.)
 */
export function showValue(value: unknown, depth = 0): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const kind = classOf(value);
  if (!isList && kind !== undefined) return `a ${kind}`;
  if (depth === MAX_DEPTH) return isList ? '[…]' : '{…}';
  const names = Object.keys(value);
  const parts = names.slice(0, MAX_ITEMS).map((name) => {
    const item = showValue((value as Record<string, unknown>)[name], depth + 1);
    return isList ? item : `${showValue(name)}:${item}`;
  });
  if (names.length > MAX_ITEMS) parts.push('…');
  return isList ? `[${parts.join()}]` : `{${parts.join()}}`;
}

/** Name of the class of an object that is no plain one: a Map, Promise or URL shows nothing of itself as JSON. */
function classOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  const { constructor: made } = value;
  return typeof made === 'function' && made.name !== '' ? made.name : undefined;
}
