import { quoteInexact } from '../../data/exactNumbers.ts';

/**
 * The value of a JSON text, `undefined` for anything else. A number whose digits would change arrives as text.
 *
 * @param change - makes something else of each text in it.
 */
export function parseJson(text: unknown, change?: (text: string) => string): unknown {
  const reviver =
    change && ((_: string, value: unknown) => (typeof value === 'string' ? change(value) : value));
  try {
    return typeof text === 'string' ? JSON.parse(quoteInexact(text), reviver) : undefined;
  } catch {
    return undefined;
  }
}

/** The beginning of what a server sent, for messages. */
export function excerpt(got: unknown): string {
  if (typeof got !== 'string') return 'bytes';
  return got === '' ? 'nothing' : got.slice(0, 200);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
