import { describe, expect, test } from 'vitest';
import { tickLabel } from '../trainer/harness/lineChart.ts';
import { measuredIn, summarize } from './results.ts';
import { sampleCourse, sampleReport, sampleSettings } from './sampleReport.ts';

describe('results', () => {
  test('have the documented form', () => {
    const { arms, mismatch } = summarize(sampleSettings(1), [sampleCourse(0)]);
    expect(mismatch).toEqual({ max: 20e-7 });
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
      domain: { t1: { mean: 0.75, ci95: [0.63, 0.84], n: 64 } },
    });
    expect(arms[0]!.nll.mean).toBeCloseTo(2.8);
  });

  test('several seeds give t-intervals over seeds', () => {
    const seeds = [0, 1, 2].map(sampleCourse);
    const [arm] = summarize(sampleSettings(3), seeds).arms;
    expect(arm!.seeds).toEqual([0, 1, 2]);
    expect(arm!.domain.t1).toEqual({ mean: 0.75, ci95: [0.75, 0.75], n: 192 });
  });

  test('two evaluations of a run are two arms, each with the time of what came before it', () => {
    const { run, ...course } = sampleCourse(0);
    const [evaluation] = run.evaluations;
    const stages = ['mol', 'eval', 'grpo', 'eval'] as const;
    const measured = measuredIn({
      ...{ ...course, arms: ['mol', 'mol+grpo'] },
      run: {
        ...{ ...run, settings: { ...run.settings, stages: [...stages] } },
        seconds: { '1-mol': 2, '2-eval': 10, '3-grpo': 3, '4-eval': 1 },
        evaluations: [1, 3].map((stage) => ({ ...evaluation!, stage })),
      },
    });
    expect(measured.map(({ arm, seconds }) => [arm, seconds])).toEqual([
      ['mol', 12],
      ['mol+grpo', 6],
    ]);
  });
});

describe('report', () => {
  const html = sampleReport();

  test('is self-contained and shows table, curve and dialogues', () => {
    expect(html).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(html).toContain('<td>mol+grpo</td><td>0.750<br><small>[');
    expect(html).toContain('<polyline');
    expect(html).toContain('4876 rav');
  });

  test('names model, settings and versions', () => {
    for (const text of [
      'parameters',
      '492640',
      '--grpo-updates',
      'grpo.updates',
      '@molrl/grpo',
      '1.2.3',
      'kernels-v3.so',
    ])
      expect(html).toContain(text);
  });

  test('shows episodes before and after training, of every arm, what was wrong and what is right', () => {
    const [before, after] = [
      html.indexOf('Episodes before training'),
      html.indexOf('Episodes after training'),
    ];
    expect(html.indexOf('4876 rav')).toBeGreaterThan(before);
    expect(html.indexOf('<summary>mol+grpo (seed 0)')).toBeGreaterThan(after);
    expect(html).toContain('wrong: the answer is 2');
  });

  test.each([
    [0, '0'],
    [0.25, '0.25'],
    [2.5e-6, '2.5e-6'],
    [-0.0000125, '-1.3e-5'],
    [123456, '1.2e+5'],
    [1 / 3, '0.333'],
    [99999, '100000'],
  ])('the tick %d is written %s', (value, label) => expect(tickLabel(value)).toBe(label));

  test('leaves the longest tick label its room', () => {
    const places = [...html.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="end">([^<]*)</g)];
    expect(places.length).toBeGreaterThan(10);
    for (const [, x, label] of places)
      expect(Number(x), label).toBeGreaterThan(6.5 * label!.length);
  });

  test('what a model says is text, never markup', () => {
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});
