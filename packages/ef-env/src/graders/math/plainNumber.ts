/** A number as prose writes it: sign, thousands, a decimal point or comma, a fraction, a percent sign. */
const NUMBER =
  /(?<![A-Za-z\d_])(?:[-\u2212+]\s?)?(?:\\d?frac\{[^{}]{1,40}\}\{[^{}]{1,40}\}|(?:\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s*\/\s*\d+(?:\.\d+)?)?)(?:\s*(?:\\?%|percent|pct))?/g;

/** The last number of a text as it is written, or `null`. Only the last 2,000 characters are read. */
export function lastPlainNumber(text: string): string | null {
  const matches = text.slice(-2000).match(NUMBER);
  if (matches === null) return null;
  const last = matches.at(-1)!; // match gives null or at least one
  const before = text.slice(0, text.lastIndexOf(last)).trimEnd();
  // in `353-79` and `x - 5 = ...` the sign is an operation
  return /[\d)}A-Za-z]$/.test(before) && /^[-\u2212+]/.test(last)
    ? last.replace(/^[-\u2212+]\s?/, '')
    : last.trim();
}
