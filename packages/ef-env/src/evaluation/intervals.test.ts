import { expect, test } from 'vitest';
import { wilsonInterval } from './intervals.ts';

test('Wilson keeps inside [0, 1] and holds the share', () => {
  const [low, high] = wilsonInterval(10, 10, 0.95);
  expect(low).toBeLessThan(1);
  expect(high).toBe(1);
});
