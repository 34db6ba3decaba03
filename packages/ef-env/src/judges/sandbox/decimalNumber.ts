const NUMBER = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,15}))?$/i;

/**
 * One text for all spellings of a decimal number: `3.0`, `3` and `+3e0`; `0.0000001` and `1e-07`; `-0` and `0`.
 * `null` for other text. As Python's `Decimal` reads it, so all digits count and `1_000` is 1000.
 */
export function decimalNumber(text: string): string | null {
  const word = text.replaceAll('_', '');
  if (/^[+-]?inf(?:inity)?$/i.test(word)) return word.startsWith('-') ? '-inf' : 'inf';
  const [, sign, digits, exponent = '0'] = NUMBER.exec(word) ?? [];
  if (digits === undefined) return null;
  const [whole = '', fraction = ''] = digits.split('.');
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + (all.length - significant.length);
  return `${sign === '-' ? '-' : ''}${significant}e${power}`;
}
