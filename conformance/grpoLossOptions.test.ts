import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  GrpoError,
  type PolicyLossCall,
  type PolicyLossData,
  policyLoss,
  policyLosses,
  stepTotals,
} from '@molrl/grpo';
import { describe, expect, test } from 'vitest';

const readme = readFileSync(
  fileURLToPath(new URL('../packages/grpo/README.md', import.meta.url)),
  'utf8',
);
const NAMES = Object.keys(policyLosses);

const data: PolicyLossData = {
  logprobs: [-1, -2],
  oldLogprobs: [-1.1, -2],
  refLogprobs: [-1.2, -2.1],
  rolloutLogprobs: [-1, -2.2],
  entropies: [0.5, 1],
  klValues: [0.1, 0.2],
  turns: [0, 0],
  advantages: [1],
  completionMask: [1, 1],
  sequenceLength: 2,
};

/** What each kind of the table must take, and must refuse. */
const KINDS: Record<string, { takes: unknown[]; refuses: unknown[] }> = {
  '> 0': { takes: [0.5, 3], refuses: [0, -1, Number.NaN, '1'] },
  '≥ 0': { takes: [1, 2], refuses: [-1, Number.NaN, '1'] },
  '> 1': { takes: [2], refuses: [1, 0.5, Number.NaN] },
  '0 to 1': { takes: [0, 0.2, 1], refuses: [-0.1, 1.1, Number.NaN] },
  'integer ≥ 1': { takes: [1, 4], refuses: [0, 1.5, Number.NaN] },
  'integer below 2³²': { takes: [0, 2 ** 32 - 1], refuses: [2 ** 32, 0.5, -1] },
  '[low, high]': { takes: [[1, 5]], refuses: [[5, 1], [1], 3] },
  'true or false': { takes: [true, false], refuses: [0, 1, 'true'] },
  finite: { takes: [-1, 0, 0.5], refuses: [Number.NaN, Infinity, '1'] },
  'a number': { takes: [-1, Infinity], refuses: [Number.NaN, '1'] },
  name: { takes: [], refuses: ['no such name', 1, true] },
  names: { takes: [], refuses: ['no such name', 1, true] },
};

const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

interface Row {
  options: string[];
  losses: readonly string[] | 'policyLoss';
  kinds: string[];
}

/** The losses of a cell; "the same" are those of the row above. */
function lossesOf(cell: string, above: Row['losses']): Row['losses'] {
  const [head = '', but] = cell.split(' but ');
  if (head.startsWith('`policyLoss`')) return 'policyLoss';
  const listed = quoted(head);
  const same = head.startsWith('the same') ? above : [];
  const named = head.startsWith('all') ? NAMES : [...same, ...listed];
  return named.filter((name) => !quoted(but ?? '').includes(name));
}

function rowsOfTable(): Row[] {
  const start = readme.indexOf('\n| option | losses | kind |');
  const lines = readme.slice(start + 1).split('\n');
  const cells = lines
    .slice(
      2,
      lines.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const rows: Row[] = [];
  for (const [, names = '', losses = '', kinds = ''] of cells) {
    const totals = Object.keys(stepTotals(data));
    const options = quoted(names).flatMap((name) => (name === 'stepTotals' ? totals : [name]));
    rows.push({
      options,
      losses: lossesOf(losses, rows.at(-1)?.losses ?? []),
      kinds: kinds.split(';').map((kind) => kind.trim().replace(/ or function.*/, '')),
    });
  }
  return rows;
}

/** Whether the option is another loss's, its value of the wrong kind, or taken. */
function verdict(lossType: string, option: string, value: unknown): string {
  const base = lossType === 'dr_grpo' ? { maxCompletionLength: 8 } : {};
  try {
    policyLoss(data, { lossType, ...base, [option]: value } as PolicyLossCall); // checked at run time
  } catch (error) {
    if (!(error instanceof GrpoError)) throw error;
    if (error.message.includes(`has no ${option}`)) return 'of another loss';
    if (/must be|unknown/.test(error.message)) return 'refused';
  }
  return 'taken';
}

const rows = rowsOfTable();
const entries = rows.flatMap(({ options, losses, kinds }) =>
  options.map((option, i) => ({
    option,
    losses: losses === 'policyLoss' ? NAMES : losses,
    kind: KINDS[kinds[Math.min(i, kinds.length - 1)]!]!,
  })),
);

describe("the table of options by loss in packages/grpo's README", () => {
  test('names each option once, and all that there are', () => {
    const names = entries.map(({ option }) => option);
    expect(new Set(names).size).toBe(names.length);
    let message = '';
    try {
      policyLoss(data, { lossType: 'grpo', 'no such option': 1 } as unknown as PolicyLossCall);
    } catch (error) {
      message = String(error);
    }
    const known = message.match(/Known: (.*)\.$/)![1]!.split(', ');
    expect(names.sort()).toEqual(known.sort());
  });

  test.each(entries)('$option: these losses have it, and it is of that kind', (entry) => {
    const { option, losses, kind } = entry;
    const [good, bad] = [kind.takes[0] ?? 'no such name', kind.refuses[0]];
    const owners = NAMES.filter((name) => verdict(name, option, good) !== 'of another loss');
    expect(owners).toEqual(NAMES.filter((name) => losses.includes(name)));
    for (const value of kind.takes) expect(verdict(owners[0]!, option, value)).toBe('taken');
    for (const value of kind.refuses) expect(verdict(owners[0]!, option, value)).toBe('refused');
    expect(owners.map((name) => verdict(name, option, bad))).toEqual(owners.map(() => 'refused'));
  });
});
