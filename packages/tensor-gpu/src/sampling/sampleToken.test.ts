import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sampleToken } from './sampleToken.ts';
import { samplingProbabilities } from './samplingProbabilities.ts';
import { seededUniform } from './seededUniform.ts';

interface Golden {
  logits: (number | string)[][];
  history: number[][];
  history_mask: number[][];
  cases: {
    settings: {
      temperature?: number;
      top_k?: number;
      top_p?: number;
      min_p?: number;
      repetition_penalty?: number;
    };
    probs: number[][];
    rows_decided_by_tie_order: number[];
  }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/sampling.json', import.meta.url), 'utf8'),
);

describe('samplingProbabilities', () => {
  test.each(golden.cases.map((entry) => ({ ...entry, title: JSON.stringify(entry.settings) })))(
    'equals transformers for $title',
    ({ settings, probs, rows_decided_by_tie_order }) => {
      for (const [row, expected] of probs.entries()) {
        if (rows_decided_by_tie_order.includes(row)) continue;
        const logits = golden.logits[row]!.map((x) =>
          x === '-inf' ? Number.NEGATIVE_INFINITY : Number(x),
        );
        const seen = golden.history[row]!.filter((_, i) => golden.history_mask[row]![i] === 1);
        const actual = samplingProbabilities(
          logits,
          {
            temperature: settings.temperature ?? 1,
            topK: settings.top_k,
            topP: settings.top_p,
            minP: settings.min_p,
            repetitionPenalty: settings.repetition_penalty,
          },
          { seen },
        );
        for (const [id, p] of expected.entries()) expect(actual[id]).toBeCloseTo(p, 6);
      }
    },
  );
});

describe('seededUniform', () => {
  test('equals a splitmix64 written in Python', () => {
    expect(seededUniform(42, 0)).toBe(0.34329192209867343);
    expect(seededUniform(0, 0)).toBe(0.6524484863740322);
    expect(seededUniform(2 ** 53 - 1, 7)).toBe(0.6359232159902614);
  });

  test('neighbouring seeds and steps are uncorrelated and uniform', () => {
    const n = 4000;
    const draws = Array.from(
      { length: n },
      (_, seed) => [seededUniform(seed, 0), seededUniform(seed, 1)] as const,
    );
    const mean = draws.reduce((sum, [a]) => sum + a, 0) / n;
    const product = draws.reduce((sum, [a, b]) => sum + (a - 0.5) * (b - 0.5), 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02); // 4 sigma = 0.018
    expect(Math.abs(product)).toBeLessThan(0.006); // 4 sigma = 0.0053
  });
});

describe('sampleToken', () => {
  test('draws with the frequencies of the distribution', () => {
    const logits = [0, 1, 2, -1];
    const options = { temperature: 0.8, topK: 3 };
    const counts = new Array(4).fill(0);
    const n = 4000;
    for (let seed = 0; seed < n; seed++)
      counts[sampleToken(logits, { ...options, seed, step: 3 }).id]++;
    for (const [id, p] of samplingProbabilities(logits, options).entries())
      expect(Math.abs(counts[id] / n - p)).toBeLessThan(0.035);
  });

  test('greedy takes the lowest of equal ids; its log-prob is that of temperature 1', () => {
    expect(sampleToken([1, 3, 3, 0], { temperature: 0, seed: 5, step: 0 }).id).toBe(1);
    const { logprob } = sampleToken([0, 3, 1], { temperature: 0, seed: 1, step: 0 });
    expect(logprob).toBeCloseTo(-0.1698, 4);
  });

  test('suppressed ids are never drawn; the sampling log-prob is that of what is left', () => {
    const options = { temperature: 1, suppressTokens: [1], topK: 2, seed: 1, step: 0 };
    expect([...samplingProbabilities([0, 3, 1, -9], options)][1]).toBe(0);
    const { id, logprob, behaviorLogprob } = sampleToken([0, 3, 1, -9], options);
    const other = id === 0 ? 1 : 0;
    expect(Math.exp(behaviorLogprob)).toBeCloseTo(1 / (1 + Math.exp(2 * other - 1)), 12);
    expect(logprob).toBeLessThan(behaviorLogprob);
    expect(() => samplingProbabilities([0, 1], { temperature: 0, suppressTokens: [0, 1] })).toThrow(
      expect.objectContaining({ code: 'option' }),
    );
  });

  test('the log-prob ignores the filters', () => {
    const free = sampleToken([0, 3, 1], { temperature: 0.7, seed: 1, step: 0 });
    const cut = sampleToken([0, 3, 1], { temperature: 0.7, topK: 1, seed: 1, step: 0 });
    expect(cut.id).toBe(1);
    expect(free.id === 1 ? free.logprob : cut.logprob).toBe(cut.logprob);
  });
});
