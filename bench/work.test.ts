import { describe, expect, test } from 'vitest';
import { median } from './median.ts';
import { shapes } from './shapes.ts';
import { adapterWeights, sampleWork, trainWork } from './work.ts';

describe('work', () => {
  test.each([
    ['nano', 1.51],
    ['micro', 12.1],
    ['mini', 133.7],
    ['small', 153.4],
    ['q06b', 324],
  ] as const)('a %s training step is %f GFLOP', (name, gflop) => {
    const shape = shapes[name];
    const { flops } = trainWork(shape, shape.trainBatch, shape.trainLength);
    expect(flops / 1e9 / gflop).toBeCloseTo(1, 2);
  });

  test('a rank-16 adapter on all linear layers of Qwen3-0.6B has 10,092,544 weights', () => {
    expect(adapterWeights(shapes.q06b)).toBe(10_092_544);
  });

  test('only weights larger than the cache count as memory traffic', () => {
    expect(sampleWork(shapes.nano, { batch: 64, prompt: 16, newTokens: 48 }).bytes).toBe(0);
    expect(
      sampleWork(shapes.small, { batch: 1, prompt: 16, newTokens: 48 }).bytes / 48,
    ).toBeCloseTo(4 * 47.8e6, -7);
  });

  test('the median of an even count is the mean of the middle two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });
});
