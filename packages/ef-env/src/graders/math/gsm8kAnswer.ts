/**
 * What follows the last `####`, as GSM8K writes its answers, without commas in numbers; `null` if there is none.
 *
 * @example
 * gsm8kAnswer('5 + 5 = 10\n#### 1,010'); // '1010'
 */
export function gsm8kAnswer(text: string): string | null {
  const found = [...text.matchAll(/####[ \t]*:?[ \t]*([^\n]+)/g)].at(-1)?.[1];
  return found === undefined ? null : found.trim().replace(/(?<=\d),(?=\d)/g, '');
}

/** The last integer of a text, or `null`: `64 + 67 = **131**` gives 131. */
export function lastInteger(text: string): number | null {
  const found = text.match(/-?\d+/g)?.at(-1);
  return found === undefined ? null : Number(found);
}
