import type { Evaluation } from '../domain/evaluate.ts';
import type { Checkpoint } from './checkpoint.ts';
import { ARMS, parseOptions } from './options.ts';
import { renderReport } from './report.ts';
import { summarize } from './results.ts';

const score = { right: 48, n: 64 };
const evaluation: Evaluation = {
  domain: { t1: score, greedy: score },
  skills: { plain: score, defs: score, redef: score, misc: score },
  nll: [2.8, 3],
  kl: [0, 0.02],
  dialogues: [{ question: '1 <b>', answer: '2', said: '<script>alert(1)</script>', right: false }],
};

/** A finished run of one arm, made up. */
export const sampleCheckpoint = (seeds: number): Checkpoint => ({
  settings: { ...parseOptions([]).settings, seeds },
  evaluations: Object.fromEntries(
    Array.from({ length: seeds }, (_, seed) => [`${seed}/mol+grpo`, evaluation]),
  ),
  seconds: { '0/teach mol': 2, '0/grpo mol+grpo': 3, '0/evaluate mol+grpo': 1, '0/grpo grpo': 9 },
  mismatch: 2e-6,
  taught: {},
  metricsBytes: 0,
});

/** The report of such a run with curves of all arms: long labels, long words, markup in what the model says. */
export function sampleReport(): string {
  const checkpoint = sampleCheckpoint(1);
  const metrics = ARMS.flatMap((arm) =>
    [1, 2, 3].map((step) => ({
      ...{ seed: 0, arm, stage: 'grpo' as const, step, reward: step / 4 },
      'sampling/sampling_logp_difference/max': step * 1.2345e-7,
    })),
  );
  const text = `4876 rav ${'x'.repeat(200)}`;
  return renderReport({
    checkpoint,
    results: summarize(checkpoint),
    metrics,
    episodes: [{ segments: [{ speaker: 'user', kind: 'prompt', text }] }],
    facts: {
      model: [
        ['weights', `/models/${'long'.repeat(40)}`],
        ['parameters', '536,640'],
      ],
      settings: [
        ['--arm', ARMS.join(', ')],
        ['--grpo-updates', '24'],
      ],
      versions: [
        ['@molrl/grpo', '1.2.3'],
        ['kernels', 'kernels-v3.so (native), 2 threads'],
      ],
    },
  });
}
