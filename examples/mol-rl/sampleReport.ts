import { sampleRun } from '../trainer/seeing/report/sampleRun.ts';
import { ARMS, parseOptions, type Settings } from './options.ts';
import { renderReport } from './report.ts';
import { type PlayedCourse, summarize } from './results.ts';

const figure = { mean: 0.75, ci95: [0.63, 0.84] as [number, number], n: 64 };

/** A finished run of GRPO behind MoL and what it measured, made up. */
export function sampleCourse(seed: number): PlayedCourse {
  const stages = ['mol', 'grpo', 'eval'];
  const run = sampleRun(`/runs/${'long'.repeat(40)}/${seed}-mol`, { stages, seed });
  const [evaluation] = run.evaluations;
  return {
    ...{ seed, name: 'mol', arms: ['mol+grpo'] },
    run: {
      ...run,
      seconds: { '1-mol': 2, '2-grpo': 3, '3-eval': 1 },
      metrics: run.metrics.map((row) => ({
        ...row,
        ...{ stage: '2-grpo', 'sampling/sampling_logp_difference/max': row.step * 1e-7 },
      })),
      evaluations: [
        {
          ...{ ...evaluation!, stage: 2, sampled: figure, greedy: figure },
          skills: { plain: figure, defs: figure, redef: figure, misc: figure },
          samples: evaluation!.samples.map((sample) => ({ ...sample, solution: '2' })),
        },
      ],
    },
  };
}

/** Its settings, with so many seeds. */
export const sampleSettings = (seeds: number): Settings => ({
  ...parseOptions([]).settings,
  ...{ seeds, arm: ['mol+grpo'] },
});

/** The report of such a job with curves of all kinds of arms: long labels, long words, markup in what the model says. */
export function sampleReport(): string {
  const settings: Settings = { ...sampleSettings(1), arm: [...ARMS] };
  const [course, other] = [sampleCourse(0), sampleCourse(0)];
  const played = [course, { ...other, name: 'replay' as const, arms: ['replay+grpo' as const] }];
  const text = `4876 rav ${'x'.repeat(200)}`;
  return renderReport({
    ...{ settings, played, results: summarize(sampleSettings(1), [course]) },
    episodes: [{ segments: [{ speaker: 'user', kind: 'prompt', text }] }],
  });
}
