import { escapeHtml } from '../../trainer/harness/escapeHtml.ts';
import { factsTable, htmlPage } from '../../trainer/harness/htmlPage.ts';
import { lineChart, type Series } from '../../trainer/harness/lineChart.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { MetricsRow } from './metricsRow.ts';
import { type Results, tableCells } from './results.ts';
import type { RunFacts } from './runFacts.ts';

/** What a report shows. */
export interface ReportedRun {
  checkpoint: Checkpoint;
  results: Results;
  metrics: readonly MetricsRow[];
  /** With feedback, before training. */
  episodes: readonly { segments: { speaker: string; kind: string; text: string }[] }[];
  facts: RunFacts;
}

/** The run as one HTML file without scripts or outside files: table, curves, what was run, episodes before and after training. */
export function renderReport(run: ReportedRun): string {
  const { checkpoint, results, metrics, episodes, facts } = run;
  const { settings } = checkpoint;
  const seeds = settings.seeds === 1 ? `seed ${settings.seed}` : `${settings.seeds} seeds`;
  const curve = (title: string, stage: string, metric: string): string =>
    lineChart(title, seriesOf(metrics, { stage, metric, seed: settings.seed }), { x: 'update' });
  return htmlPage(
    'MoL-RL run',
    `<h1>Learning from textual feedback</h1>
<p>The base model played ${settings.episodes} episodes with an environment that answers in words. Stage 1 learned from these
words (${settings.updates} updates), GRPO from rewards alone (${settings.grpoUpdates} updates). All figures are on held-out word chains (${settings.split} half),
single attempts, <strong>without feedback</strong>; ${seeds}, ${settings.evalTasks} tasks a cell, 95 % intervals
(${settings.seeds === 1 ? 'Wilson over tasks; t over text windows' : 't over seeds'}).</p>
<h2>Result</h2>
${table(results)}
<p><small>domain: chains of invented words, sampled at temperature 1 and greedy. plain, defs, redef, misc: what the base could do before, greedy.
Text: unseen chapters, nats per token; KL is to the base model.
Largest difference between the sampler's and the trainer's log-probs: ${results.mismatch.max.toExponential(1)} nats.</small></p>
<h2>Curves</h2>
<div class="charts">
${curve('GRPO: reward', 'grpo', 'reward')}
${curve('Stage 1: CE on feedback, nats', 'teach', 'mol/ce')}
${curve('Stage 1: KL to the base, nats', 'teach', 'mol/kl')}
${curve('GRPO: sampler/trainer log-prob difference', 'grpo', 'sampling/sampling_logp_difference/max')}
</div>
<h2>Model, settings, versions</h2>
${factsTable(facts.model)}
<details><summary>Settings</summary>${factsTable(facts.settings)}</details>
<details><summary>Versions</summary>${factsTable(facts.versions)}</details>
<h2>Time</h2>
${secondsTable(checkpoint)}
<h2>Episodes before training: with feedback</h2>
${episodes.map((episode, i) => episodeHtml(episode, i === 0)).join('\n')}
<h2>Episodes after training: single attempts without feedback</h2>
<p><small>The same held-out tasks for every arm, sampled at temperature 1; <em>base</em> is the model before training.</small></p>
${answersHtml(checkpoint)}`,
  );
}

function table(results: Results): string {
  const { header, rows } = tableCells(results.arms);
  // The interval goes below its value: nine columns fit a page.
  const row = (cells: string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell).replace(' [', '<br><small>[')}</${tag}>`).join('')}</tr>`;
  return `<table>${row(header, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
}

function secondsTable({ seconds }: Checkpoint): string {
  const rows = Object.entries(seconds).map(
    ([stage, spent]) => `<tr><td>${escapeHtml(stage)}</td><td>${spent.toFixed(1)} s</td></tr>`,
  );
  return `<table><tr><th>seed/stage</th><th>time</th></tr>${rows.join('')}</table>`;
}

/** One curve per arm, first seed. */
function seriesOf(
  metrics: readonly MetricsRow[],
  { stage, metric, seed }: { stage: string; metric: string; seed: number },
): Series[] {
  const series = new Map<string, [number, number][]>();
  for (const row of metrics) {
    const value = row[metric];
    if (row.stage !== stage || row.seed !== seed || typeof value !== 'number') continue;
    const points = series.get(row.arm) ?? [];
    points.push([row.step, value]);
    series.set(row.arm, points);
  }
  // An arm without such a loss reports zeros.
  return [...series]
    .map(([name, points]) => ({ name, points }))
    .filter(({ points }) => points.some(([, y]) => y !== 0));
}

function episodeHtml(
  { segments }: { segments: { kind: string; text: string }[] },
  open: boolean,
): string {
  const parts = segments.map(({ kind, text }) => `<pre class="${kind}">${escapeHtml(text)}</pre>`);
  const title = escapeHtml(segments[0]?.text ?? '');
  return `<details${open ? ' open' : ''}><summary>${title}</summary>${parts.join('')}</details>`;
}

function answersHtml({ evaluations }: Checkpoint): string {
  const trained = Object.keys(evaluations).filter((name) => !name.endsWith('/base'));
  return Object.entries(evaluations)
    .map(([name, { dialogues }]) => {
      const answers = dialogues.map(
        ({ question, answer, said, right }) =>
          `<pre class="prompt">${escapeHtml(question)}</pre><pre class="${right ? 'right' : 'wrong'}">${escapeHtml(said)}</pre>` +
          `<small>${right ? 'right' : `wrong: the answer is ${escapeHtml(answer)}`}</small>`,
      );
      const [seed, ...arm] = name.split('/');
      const open = name === trained.at(-1) ? ' open' : '';
      return `<details${open}><summary>${escapeHtml(arm.join('/'))} (seed ${escapeHtml(seed ?? '')})</summary>${answers.join('')}</details>`;
    })
    .join('\n');
}
