import { describe, expect, test } from 'vitest';
import { GrpoError } from '../base/errors.ts';
import { policyLoss } from '../loss/policyLoss.ts';
import { type ImportanceRatio, tokenRatio } from './importanceRatio.ts';
import { gspoTokenRatio, importanceRatios, sequenceRatio } from './sequenceRatio.ts';

const RATIOS: [string, ImportanceRatio][] = [
  ['tokenRatio', tokenRatio],
  ['sequenceRatio', sequenceRatio],
  ['gspoTokenRatio', gspoTokenRatio],
];

describe.each(RATIOS)('%s', (_, ratio) => {
  const data = {
    logprobs: [-1, -2],
    oldLogprobs: [-2, -9],
    completionMask: [1, 0],
    sequenceLength: 2,
  };

  test('reads booleans as a mask, and nothing under it', () => {
    const hidden = { ...data, oldLogprobs: [-2, Number.NaN], completionMask: [true, false] };
    expect(ratio(hidden).values).toEqual(ratio(data).values);
  });

  test('what is no number, mask or field is a GrpoError', () => {
    const bad: object[] = [
      { logprobs: [Number.NaN, -1] },
      { oldLogprobs: [-Infinity, -1] },
      { oldLogprobs: new BigInt64Array(2) },
      { completionMask: [1, 0.5] },
      { sequenceLength: 3 },
      { oldLogProbs: [-1, -1] },
    ];
    for (const more of bad) expect(() => ratio({ ...data, ...more })).toThrow(GrpoError);
    for (const clamp of [Number.NaN, 0, -20, '20' as unknown as number])
      expect(() => ratio(data, clamp)).toThrow(/clamp must be/);
    expect(() => ratio(undefined as unknown as typeof data)).toThrow(GrpoError);
  });
});

test('a ratio of your own that gives none is named', () => {
  const data = { logprobs: [-1], advantages: [1], completionMask: [1], sequenceLength: 1 };
  for (const ratio of [() => 1, () => undefined, () => ({ values: [] })])
    expect(() =>
      policyLoss(data, { lossType: 'dapo', importanceSamplingLevel: ratio as never }),
    ).toThrow('importanceSamplingLevel must be a function that gives a LogRatio');
});

test('a function of the package and its name are one', () => {
  const data = {
    logprobs: [-1, -2],
    oldLogprobs: [-1.5, -1],
    advantages: [1],
    completionMask: [1, 1],
    sequenceLength: 2,
  };
  for (const [name, ratio] of Object.entries(importanceRatios)) {
    const of = (importanceSamplingLevel: never) =>
      policyLoss(data, { lossType: 'grpo', importanceSamplingLevel });
    expect(of(ratio as never)).toEqual(of(name as never));
  }
});
