import { expect, test } from 'vitest';
import { GrpoError } from '../../base/errors.ts';
import { highEntropyMask } from './highEntropyMask.ts';

const ones = (count: number) => new Array(count).fill(1);

// torch.quantile of torch 2.15 in float32: the rank 8.0000001 is not rounded, so the threshold is just above 0.5.
test('keeps what TRL keeps on torch 2.15', () => {
  const entropies = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 2, 2];
  expect([...highEntropyMask(entropies, ones(11), 0.2)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
});

// TRL's own rule (its golden case): entropies in float64 are compared with a threshold in float32.
test('values that float32 rounds up are below their own quantile, unless they are float32 themselves', () => {
  expect([...highEntropyMask([0.1, 0.1], ones(2), 0.2)]).toEqual([0, 0]);
  expect([...highEntropyMask(new Float32Array([0.1, 0.1]), ones(2), 0.2)]).toEqual([1, 1]);
});

test('a share of 0 keeps the maximum, 1 keeps all, masked entropies are not read', () => {
  expect([...highEntropyMask([1, 3, 3, Number.NaN], [1, 1, true, 0] as number[], 0)]).toEqual([
    0, 1, 1, 0,
  ]);
  expect([...highEntropyMask([1, 2], ones(2), 1)]).toEqual([1, 1]);
  expect([...highEntropyMask([], [], 0.5)]).toEqual([]);
});

test('wrong shares, masks and entropies are errors', () => {
  for (const share of [20, -0.1, Number.NaN, '0.2' as unknown as number])
    expect(() => highEntropyMask([1], [1], share)).toThrow(GrpoError);
  expect(() => highEntropyMask([Number.NaN], [1], 0.5)).toThrow(/entropies is NaN at position 0/);
  expect(() => highEntropyMask([1], [0.5], 0.5)).toThrow(GrpoError);
});
