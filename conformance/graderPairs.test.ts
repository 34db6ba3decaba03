import { createRandom } from '@molrl/ef-env';
import { expect, test } from 'vitest';
import { gradePairs } from './graderPairs.ts';

test('of 500 random answers none is accepted for another value, and each is for its own in another spelling', () => {
  const { accepted, refused, unequal } = gradePairs(500, createRandom(3));
  expect(accepted).toEqual([]);
  expect(refused).toEqual([]);
  expect(unequal).toBeGreaterThan(900);
});
