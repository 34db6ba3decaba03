import type { Figure } from '../../base/intervals.ts';
import { escapeHtml } from '../../harness/escapeHtml.ts';
import { lineChart, type Series } from '../../harness/lineChart.ts';
import type { EvaluationRow } from '../../harness/runState.ts';
import type { RunRead } from '../readRun.ts';
import { placeOf, updatesBefore } from '../tracking/trackedRow.ts';

/** A picture of the report: one metric of the updates, or one figure of the evaluations, a line per run. */
interface Picture {
  title: string;
  /** Where its y begins. */
  from?: 'least';
  /** Where its numbers stand. */
  source: string;
  series(run: RunRead): Series['points'] | Omit<Series, 'name'>;
}

/** A metric of a stage over the updates of the whole run. */
const ofUpdates = (title: string, stage: string, metric: string): Picture => ({
  title,
  source: `${metric} of metrics.jsonl`,
  series: ({ settings, metrics }) =>
    metrics.flatMap((row): [number, number][] => {
      const value = row[metric];
      const { step, name } = placeOf(settings, row);
      return typeof value === 'number' && name === stage ? [[step, value]] : [];
    }),
});

/** A figure of every evaluation, with its 95 % interval. */
const ofEvaluations = (
  title: string,
  name: keyof EvaluationRow,
  figure: (row: EvaluationRow) => Figure,
): Picture => ({
  title,
  source: `${name} of results.json, 95 % intervals`,
  series: ({ settings, evaluations }) => {
    const at = (row: EvaluationRow): number => updatesBefore(settings, row.stage) + row.step;
    return {
      points: evaluations.map((row) => [at(row), figure(row).mean]),
      intervals: evaluations.map((row) => [at(row), ...figure(row).ci95]),
    };
  },
});

/** What was learned. */
export const LEARNED: readonly Picture[] = [
  ofUpdates('Reward of the completions', 'grpo', 'reward'),
  ofEvaluations('Accuracy on held-out tasks, sampled', 'sampled', (row) => row.sampled),
  ofEvaluations('Accuracy on held-out tasks, greedy', 'greedy', (row) => row.greedy),
  ofUpdates('sft: loss, nats', 'sft', 'loss'),
  ofUpdates('mol: CE on feedback, nats', 'mol', 'mol/ce'),
  ofUpdates('sft: gradient norm', 'sft', 'grad_norm'),
  ofUpdates('mol: gradient norm', 'mol', 'grad_norm'),
  ofUpdates('mol: KL to the base in training, nats', 'mol', 'mol/kl'),
  ofUpdates('grpo: loss', 'grpo', 'loss'),
  ofUpdates('grpo: gradient norm', 'grpo', 'grad_norm'),
  ofUpdates('grpo: KL to the base in training, nats', 'grpo', 'kl'),
  ofUpdates('grpo: entropy of the samples, nats a token', 'grpo', 'sampling/entropy'),
  ofUpdates('grpo: mean length of completions, tokens', 'grpo', 'completions/mean_length'),
  ofUpdates('grpo: groups with spread', 'grpo', 'group/frac_mixed'),
  ofUpdates(
    'grpo: sampler/trainer log-prob difference, nats',
    'grpo',
    'sampling/sampling_logp_difference/max',
  ),
];

/** What was forgotten: measured on held-out general text at every evaluation. */
export const FORGOTTEN: readonly Picture[] = [
  {
    ...ofEvaluations('General text: NLL, nats a token', 'textNll', (row) => row.textNll),
    from: 'least',
  },
  ofEvaluations('General text: KL to the base, nats a token', 'textKl', (row) => row.textKl),
];

/** The pictures that at least one run has numbers for, each with where they come from. */
export function pictures(
  kinds: readonly Picture[],
  runs: readonly { name: string; run: RunRead }[],
): string {
  const drawn = kinds.map(({ title, source, series, from }) => {
    const lines = runs.flatMap(({ name, run }): Series[] => {
      const found = series(run);
      const line = Array.isArray(found) ? { points: found } : found;
      return line.points.length === 0 ? [] : [{ name, ...line }];
    });
    const chart = lineChart(title, lines, { x: 'update', from });
    return chart.replace('</figure>', `<small>${escapeHtml(source)}</small>\n</figure>`);
  });
  return `<div class="charts">\n${drawn.filter((chart) => chart !== '').join('\n')}\n</div>`;
}
