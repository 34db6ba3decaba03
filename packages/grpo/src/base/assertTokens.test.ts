import { expect, test } from 'vitest';
import { assertLogprobs, assertRolloutLogprobs, rowsOf } from './assertTokens.ts';
import { GrpoError } from './errors.ts';

test('log-probs above 0 are an error, rounding is not', () => {
  const all = new Uint8Array([1, 1]);
  assertLogprobs('f', { logprobs: [0, 5e-5] }, { mask: all });
  expect(() =>
    assertLogprobs('f', { logprobs: [-1, 0.5] }, { mask: all, layout: 1 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: f: logprobs is 0.5 at sequence 1, position 0: a log-prob is at most 0. Take the logarithm.]`,
  );
  for (const bad of [Number.NaN, Infinity, -Infinity, '-1']) {
    expect(() => assertLogprobs('f', { logprobs: [bad as number] })).toThrow(GrpoError);
  }
  assertLogprobs('f', { logprobs: [-1, Number.NaN] }, { mask: new Uint8Array([1, 0]) });
});

test('log-probs of the sampler may be missing, but not infinite', () => {
  assertRolloutLogprobs('f', { rolloutLogprobs: [Number.NaN, -1] });
  expect(() => assertRolloutLogprobs('f', { rolloutLogprobs: [-1, -Infinity] })).toThrow(GrpoError);
  expect(() =>
    assertRolloutLogprobs(
      'f',
      { rolloutLogprobs: [-1, Number.NaN] },
      { layout: 1, complete: true },
    ),
  ).toThrowErrorMatchingInlineSnapshot(
    `[GrpoError: f: rolloutLogprobs is NaN at sequence 1, position 0. Mask it, or find its source.]`,
  );
});

test('sequenceLength is a whole number', () => {
  for (const bad of [0, -1, 0.5, Number.NaN, '2', undefined]) {
    expect(() => rowsOf('f', 4, bad as number), String(bad)).toThrow(GrpoError);
  }
});
