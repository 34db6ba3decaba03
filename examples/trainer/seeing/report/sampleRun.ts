import { checkSettings } from '../../config/checkSettings.ts';
import type { CompletionRow } from '../../harness/completionRows.ts';
import type { EvaluationRow } from '../../harness/runState.ts';
import type { RunRead } from '../readRun.ts';
import { renderReport } from './report.ts';

/** A group of two completions of three tokens each, of which one has the token that is markup. */
export function sampleCompletion(step: number, other: Partial<CompletionRow> = {}): CompletionRow {
  return {
    ...{ stage: '1-grpo', step, prompt: '1 + 1?', completion: '<b>2', reward: 1, advantage: 0.7 },
    stop: 'done',
    tokens: {
      texts: ['1 + 1?', '\n', '<b>', '2', '<|im_end|>'],
      ...{ roles: 'iiaaa', mask: '00111', samplerLogprobs: [-0.5, -2, -0.25] },
      ...{ logprobs: [-0.5, -2, -0.25], refLogprobs: [-0.6, -1.5, -0.2] },
      ...{ losses: [-0.7, -0.7, -0.7], gradientShares: [-0.1, -0.2, 0.05] },
    },
    ...other,
  };
}

const figure = (mean: number) => ({
  mean,
  ci95: [mean - 0.05, mean + 0.05] as [number, number],
  n: 64,
});

function evaluation(stage: number, accuracy: number): EvaluationRow {
  return {
    ...{ stage, step: 0, reward: accuracy, unscored: 0 },
    ...{ sampled: figure(accuracy), greedy: figure(accuracy) },
    ...{ textNll: figure(2.8 + stage / 100), textKl: figure(stage / 50) },
    samples: [
      {
        prompt: `1 + 1? ${'x'.repeat(200)}`,
        completion: accuracy > 0.5 ? '2' : '<script>alert(1)</script>',
        reward: accuracy,
        right: accuracy > 0.5,
      },
    ],
  };
}

/** A finished run of GRPO, made up: long names, markup in what the model says. */
export function sampleRun(folder: string, given: object = {}): RunRead {
  const settings = checkSettings({ environment: 'codewords', grpo: { updates: 20 }, ...given });
  return {
    ...{ folder, settings, seconds: { '1-grpo': 12.5 } },
    file: {
      settings,
      model: { parameters: 492_640, source: `/models/${'long'.repeat(40)}` },
      engine: { library: 'kernels-v3.so', kind: 'native', threads: 2 },
      ...{ versions: { '@molrl/grpo': '1.2.3' }, system: 'linux x64', files: {} },
      accuracy: 'the answer is the right four digits',
    },
    metrics: Array.from({ length: 20 }, (_, i) => ({
      ...{ stage: '1-grpo', step: i + 1, reward: i / 20, reward_std: 0.4, loss: i * 1.2345e-7 },
      ...{ grad_norm: 0.3, 'group/frac_mixed': 0.9, 'sampling/entropy': 1 - i / 40 },
    })),
    completions: [1, 10, 20].flatMap((step) => [
      sampleCompletion(step),
      sampleCompletion(step, { reward: 0, advantage: -0.7, completion: 'x'.repeat(300) }),
    ]),
    evaluations: [evaluation(0, 0.1), evaluation(1, 0.9)],
  };
}

/** A comparison of two such runs. */
export const sampleComparison = (): string =>
  renderReport([sampleRun('runs/a'), sampleRun('runs/b', { lora: 8 })]);
