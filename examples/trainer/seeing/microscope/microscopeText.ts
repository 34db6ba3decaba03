import type { CompletionRow } from '../../harness/completionRows.ts';
import {
  columnsOf,
  largestShare,
  type SeenToken,
  strength,
  tokenTable,
  visible,
} from './tokenTable.ts';

/** A sample for the terminal: what was asked, the episode in colours, the table of its tokens. */
export function microscopeText(row: CompletionRow, { colors }: { colors: boolean }): string {
  const tokens = tokenTable(row);
  const most = largestShare(tokens);
  const { step, reward, advantage, stop } = row;
  const computed = row.tokens.losses !== undefined;
  return [
    `update ${step}: reward ${reward ?? '(not scored)'}, advantage ${advantage.toFixed(3)}, ended by ${stop}`,
    ...(computed
      ? []
      : [
          'Its group has equal rewards or was masked: no token of it was trained on in this update.',
        ]),
    '',
    tokens.map((token) => painted(token, most, colors)).join(''),
    '',
    colors
      ? 'Green: the update makes the token more probable. Red: less. The stronger, the larger its gradient. Grey: not trained.'
      : 'In brackets: trained tokens.',
    '',
    ...table(tokens),
  ].join('\n');
}

/** Levels of green and red in the 256 colours of terminals, from dark to bright. */
const GREEN = [22, 28, 34, 40, 46];
const RED = [52, 88, 124, 160, 196];

function painted(token: SeenToken, most: number, colors: boolean): string {
  const text = token.text.endsWith('\n') ? `${visible(token.text)}\n` : visibleInside(token.text);
  if (!colors) return token.isSampled ? `[${text}]` : text;
  if (!token.isSampled) return `\x1b[90m${text}\x1b[0m`;
  const share = strength(token, most);
  if (share === 0) return text;
  const levels = (token.gradientShare ?? 0) < 0 ? GREEN : RED;
  const level = levels[Math.min(levels.length - 1, Math.floor(share * levels.length))];
  return `\x1b[97;48;5;${level}m${text}\x1b[0m`;
}

/** Text in a line of prose keeps its spaces. */
const visibleInside = (text: string): string => text.replaceAll('\n', '⏎\n');

function table(tokens: readonly SeenToken[]): string[] {
  const columns = columnsOf(tokens);
  const rows = [
    columns.map(([name]) => name),
    ...tokens.map((token) => columns.map(([, cell]) => cell(token))),
  ];
  const widths = columns.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length))); // as many cells as columns
  return rows.map((cells) =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
