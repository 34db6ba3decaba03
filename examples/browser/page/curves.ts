import { type ChartLabels, lineChart, type Series } from '../../trainer/harness/lineChart.ts';
import type { StageName } from '../run/plan.ts';
import type { Update } from '../run/session.ts';

/** What is drawn: a title, and metrics of stages. */
const CHARTS: { title: string; curves: [stage: StageName, metric: string][]; from?: 'least' }[] = [
  {
    title: 'Reward',
    curves: [
      ['collect', 'reward'],
      ['grpo', 'reward'],
    ],
  },
  {
    title: 'Accuracy on held-out rows, without feedback',
    curves: [
      ['collect', 'eval/base'],
      ['mol', 'eval/accuracy'],
      ['grpo', 'eval/base'],
      ['grpo', 'eval/accuracy'],
    ],
  },
  {
    title: 'Loss',
    curves: [
      ['mol', 'loss'],
      ['grpo', 'loss'],
    ],
    from: 'least',
  },
  { title: 'KL to the base', curves: [['mol', 'mol/kl']] },
  { title: 'CE on feedback', curves: [['mol', 'mol/ce']] },
  {
    title: 'Gradient norm',
    curves: [
      ['mol', 'grad_norm'],
      ['grpo', 'grad_norm'],
    ],
  },
];

/** The curves of a run as HTML; x counts the steps of the whole run. */
export function curvesHtml(updates: readonly Update[]): string {
  return CHARTS.map(({ title, curves, from }) => {
    const series: Series[] = curves.flatMap(([stage, metric]) => {
      const points = updates.flatMap(({ stage: own, metrics }, i): [number, number][] => {
        const value = metrics[metric];
        return own === stage && value !== undefined ? [[i + 1, value]] : [];
      });
      return points.length > 0 ? [{ name: `${stage} ${metric}`, points }] : [];
    });
    const labels: ChartLabels = { x: 'step', from };
    return lineChart(title, series, labels);
  }).join('');
}
