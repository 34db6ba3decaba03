import { describe, expect, test } from 'vitest';
import type { Checkpoint } from './checkpoint.ts';
import type { Evaluation } from './evaluate.ts';
import { parseOptions } from './options.ts';
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
const checkpoint = (seeds: number): Checkpoint => ({
  settings: { ...parseOptions([]).settings, seeds },
  evaluations: Object.fromEntries(
    Array.from({ length: seeds }, (_, seed) => [`${seed}/mol+grpo`, evaluation]),
  ),
  seconds: { '0/teach mol': 2, '0/grpo mol+grpo': 3, '0/evaluate mol+grpo': 1, '0/grpo grpo': 9 },
  mismatch: 2e-6,
  taught: {},
  metricsBytes: 0,
});

describe('results', () => {
  test('have the documented form', () => {
    const { arms, mismatch } = summarize(checkpoint(1));
    expect(mismatch).toEqual({ max: 2e-6 });
    expect(arms).toHaveLength(1);
    expect(Object.keys(arms[0]!)).toEqual([
      'id',
      'seeds',
      'domain',
      'skills',
      'nll',
      'kl',
      'seconds',
    ]);
    expect(arms[0]).toMatchObject({
      id: 'mol+grpo',
      seeds: [0],
      seconds: 6,
      domain: { t1: { mean: 0.75, n: 64 } },
    });
    expect(arms[0]!.nll.mean).toBeCloseTo(2.9);
  });

  test('several seeds give t-intervals over seeds', () => {
    const [arm] = summarize(checkpoint(3)).arms;
    expect(arm!.domain.t1).toEqual({ mean: 0.75, ci95: [0.75, 0.75], n: 192 });
  });
});

describe('report', () => {
  const metrics = [1, 2, 3].map((step) => ({
    seed: 0,
    arm: 'mol+grpo',
    stage: 'grpo' as const,
    step,
    reward: step / 4,
  }));
  const html = renderReport(checkpoint(1), summarize(checkpoint(1)), metrics, [
    { segments: [{ speaker: 'user', kind: 'prompt', text: '4876 rav' }] },
  ]);

  test('is self-contained and shows table, curve and dialogues', () => {
    expect(html).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(html).toContain('<td>mol+grpo</td><td>0.750<br><small>[');
    expect(html).toContain('<polyline');
    expect(html).toContain('4876 rav');
  });

  test('what a model says is text, never markup', () => {
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});
