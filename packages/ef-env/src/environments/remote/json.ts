import { quoteInexact } from '../../data/exactNumbers.ts';

/** The value of a JSON text, `undefined` for anything else. A number whose digits would change arrives as text. */
export function parseJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(quoteInexact(text)) : undefined;
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
