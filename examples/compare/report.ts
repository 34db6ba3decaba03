import type { Figure } from '../trainer/base/intervals.ts';
import { escapeHtml } from '../trainer/harness/escapeHtml.ts';
import { htmlPage } from '../trainer/harness/htmlPage.ts';
import { lineChart } from '../trainer/harness/lineChart.ts';
import { frontPicture } from './frontPicture.ts';
import type { Settings } from './settings.ts';
import type { ArmSummary } from './summary.ts';

const shown = ({ mean, ci95: [low, high] }: Figure): string =>
  low === high ? mean.toFixed(3) : `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

/** An interval of a share is cut at 0 and 1. */
const share = ({ mean, ci95: [low, high], n }: Figure): string =>
  shown({ mean, ci95: [Math.max(0, low), Math.min(1, high)], n });

/** The second is that of GRPO behind the first stage. */
const ratesOf = ({ learningRate, grpoLearningRate }: ArmSummary): string =>
  grpoLearningRate === undefined ? String(learningRate) : `${learningRate}, ${grpoLearningRate}`;

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
  ['rate', (arm) => (arm.id === 'base' ? '' : ratesOf(arm))],
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
    return `<h2>${escapeHtml(title)}</h2>\n${frontPicture(own)}\n<table><tr>${head}</tr>${rows.join('\n')}</table>\n<div class="charts">${curves.join('\n')}</div>`;
  });
  const { seeds, seed, evalTasks, quick, rates } = settings;
  return htmlPage(
    'Methods compared',
    `<h1>Methods compared</h1>
<p>${seeds} seeds from ${seed}, ${evalTasks} held-out tasks without feedback${quick ? ', a few updates each (--quick): figures say nothing' : ''}. Means over the seeds with 95 % t-intervals; where there is one seed, the Wilson interval of its tasks. Learning rate${rates.length > 1 ? 's: chosen on validation from' : ' of every method:'} ${rates.join(', ')}.</p>
${sections.join('\n')}`,
  );
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
