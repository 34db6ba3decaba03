import { isNumber, type ProseToken } from './proseToken.ts';

/** The run as written, units as `\text` where a letter could be taken for a variable. */
export function runText(tokens: readonly ProseToken[]): string {
  let text = '';
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    let unit = '';
    const start = i;
    while (tokens[i]?.kind === 'unit' || (unit !== '' && isUnitJoint(tokens, i)))
      unit += (i > start && tokens[i]!.blank ? ' ' : '') + tokens[i++]!.text;
    if (unit !== '') {
      text +=
        (/^\p{L}{2,}$/u.test(unit) && isNumber(tokens[start - 1])) || unit.startsWith('\\')
          ? `${token.blank ? ' ' : ''}${unit}`
          : `\\text{ ${unit}}`;
      i -= 1;
    } else
      text += `${token.blank && text !== '' ? ' ' : ''}${token.kind === 'dash' ? '-' : token.text}`;
  }
  return text;
}

/** What continues a unit: its power, or a sign before another unit. */
function isUnitJoint(tokens: readonly ProseToken[], i: number): boolean {
  const text = tokens[i]?.text ?? '';
  if (/^[²³⁻¹⁴]+$|^\^$/.test(text)) return true;
  if (/^[/·*]$/.test(text)) return tokens[i + 1]?.kind === 'unit';
  let start = i;
  while (/^[-{}]$|^\d$/.test(tokens[start]?.text ?? '')) start -= 1;
  return start < i && tokens[start]!.text === '^';
}
