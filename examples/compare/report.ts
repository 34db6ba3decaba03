import type { Figure } from '../trainer/base/intervals.ts';
import { escapeHtml } from '../trainer/harness/escapeHtml.ts';
import { lineChart } from '../trainer/harness/lineChart.ts';
import { frontPicture } from './frontPicture.ts';
import type { Settings } from './settings.ts';
import type { ArmSummary } from './summary.ts';

const shown = ({ mean, ci95: [low, high] }: Figure): string =>
  low === high ? mean.toFixed(3) : `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** An interval of a share is cut at 0 and 1. */
const share = ({ mean, ci95: [low, high], n }: Figure): string =>
  shown({ mean, ci95: [Math.max(0, low), Math.min(1, high)], n });

const COLUMNS: readonly (readonly [title: string, cell: (arm: ArmSummary) => string])[] = [
  ['arm', ({ id }) => id],
  ['seeds', ({ seeds }) => String(seeds)],
  ['accuracy, T = 1', ({ accuracy }) => share(accuracy)],
  ['greedy', ({ greedy }) => share(greedy)],
  ['pass@8', ({ passAt8 }) => share(passAt8)],
  ['text NLL above base', ({ textNllAboveBase }) => shown(textNllAboveBase)],
  ['text KL to base', ({ textKl }) => shown(textKl)],
  ['`plain`', ({ skills }) => skills.plain.mean.toFixed(3)],
  ['`defs`', ({ skills }) => skills.defs.mean.toFixed(3)],
  ['`redef`', ({ skills }) => skills.redef.mean.toFixed(3)],
  ['rate', ({ id, learningRate }) => (id === 'base' ? '' : String(learningRate))],
  ['tokens', ({ tokens }) => Math.round(tokens).toLocaleString('en-US')],
  ['updates', ({ updates }) => String(Math.round(updates))],
  ['seconds', ({ seconds }) => seconds.toFixed(0)],
];

/** The table in Markdown, one for each domain and model. */
export function markdownTable(arms: readonly ArmSummary[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return cells(arms)
    .map(({ title, own }) =>
      [
        `### ${title}\n`,
        line(COLUMNS.map(([name]) => name)),
        line(COLUMNS.map(() => '---')),
        ...own.map((arm) => line(COLUMNS.map(([, cell]) => cell(arm)))),
      ].join('\n'),
    )
    .join('\n\n');
}

/** Table, front and learning curves on one page. */
export function htmlReport(settings: Settings, arms: readonly ArmSummary[]): string {
  const sections = cells(arms).map(({ title, own }) => {
    const head = COLUMNS.map(([name]) => `<th>${escapeHtml(name.replaceAll('`', ''))}</th>`).join(
      '',
    );
    const rows = own.map(
      (arm) =>
        `<tr>${COLUMNS.map(([, cell]) => `<td>${escapeHtml(cell(arm))}</td>`).join('')}</tr>`,
    );
    const learning = own.filter(({ rewards }) => rewards.length > 1);
    const curves = chunks(learning, 6).map((few) =>
      lineChart(
        'reward of first attempts while learning',
        few.map(({ id, rewards }) => ({ name: id, points: smoothed(rewards) })),
        { x: 'update' },
      ),
    );
    return `<h2>${escapeHtml(title)}</h2>\n${frontPicture(own)}\n<div class="wide"><table><tr>${head}</tr>${rows.join('\n')}</table></div>\n${curves.join('\n')}`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Methods compared</title>
<style>body{font:15px system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 1em}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px}td,th{padding:.3em .6em;border-bottom:1px solid #dde2e8;text-align:left}figure{display:inline-block;width:340px;margin:1em 1em 0 0}.legend{list-style:none;padding:0;font-size:12px}.legend li{display:inline-block;margin-right:1em}.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.3em}svg{max-width:100%;font-size:11px}</style></head>
<body><h1>Methods compared</h1>
<p>${settings.seeds} seeds from ${settings.seed}, ${settings.evalTasks} held-out tasks without feedback${settings.quick ? ', a few updates each (--quick): figures say nothing' : ''}. Means over the seeds with 95 % t-intervals; where there is one seed, the Wilson interval of its tasks. Learning rate${settings.rates.length > 1 ? 's: chosen on validation from' : ' of every method:'} ${settings.rates.join(', ')}.</p>
${sections.join('\n')}
</body></html>
`;
}

function cells(arms: readonly ArmSummary[]): { title: string; own: ArmSummary[] }[] {
  const titleOf = ({ domain, model }: ArmSummary): string => `${domain}, ${model}`;
  return [...new Set(arms.map(titleOf))].map((title) => ({
    title,
    own: arms.filter((arm) => titleOf(arm) === title),
  }));
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );

/** Mean over the last 8 updates. */
function smoothed(values: readonly number[]): [number, number][] {
  return values.map((_, i) => {
    const window = values.slice(Math.max(0, i - 7), i + 1);
    return [i + 1, window.reduce((sum, x) => sum + x, 0) / window.length];
  });
}
