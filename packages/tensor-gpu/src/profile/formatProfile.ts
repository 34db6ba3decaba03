import type { Profile } from './profile.ts';

const WIDTHS = [26, 28, 7, 9, 7, 10, 8, 7] as const;
const HEADINGS = ['op', 'kernel', 'calls', 'ms', '%', 'GFLOP/s', 'GB/s', 'share'] as const;

/**
 * A profile as a table of text: a line per op and kernel, longest first, then what JavaScript took and the whole.
 * `share` is that of the machine's limit, where `profile` was told it.
 *
 * @example
 * const measured = await profile(() => linear(ones([64, 32]), ones([16, 32])));
 * formatProfile(measured).includes('linear'); // true
 */
export function formatProfile({ rows, seconds, dispatchSeconds }: Profile<unknown>): string {
  const rate = (amount: number, time: number): string =>
    amount > 0 && time > 0 ? (amount / time / 1e9).toFixed(1) : '';
  const timed = (time: number): string[] => [
    (time * 1000).toFixed(3),
    ((100 * time) / seconds).toFixed(1),
  ];
  return [
    line(HEADINGS),
    ...rows.map((row) =>
      line([
        ...[row.op, row.kernel, String(row.calls), ...timed(row.seconds)],
        ...[rate(row.flops, row.seconds), rate(row.bytes, row.seconds)],
        row.share ? row.share.toFixed(2) : '',
      ]),
    ),
    line(['JavaScript', '', '', ...timed(dispatchSeconds)]),
    line(['all', '', '', ...timed(seconds)]),
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i < 2 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!)))
    .join(' ')
    .trimEnd();
}
