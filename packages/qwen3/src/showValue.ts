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
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  if (depth === MAX_DEPTH) return isList ? '[…]' : '{…}';
  const names = Object.keys(value);
  const parts = names.slice(0, MAX_ITEMS).map((name) => {
    const item = showValue((value as Record<string, unknown>)[name], depth + 1);
    return isList ? item : `${showValue(name)}:${item}`;
  });
  if (names.length > MAX_ITEMS) parts.push('…');
  return isList ? `[${parts.join()}]` : `{${parts.join()}}`;
}
