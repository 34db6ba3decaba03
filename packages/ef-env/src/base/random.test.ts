import { describe, expect, test } from 'vitest';
import { createRandom, mixSeeds, restoreRandom } from './random.ts';

describe('createRandom', () => {
  test('the same seed gives the same stream, another seed another', () => {
    const draw = (seed: number) => Array.from({ length: 8 }, createRandom(seed).next);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  test('a saved state continues the stream', () => {
    const random = createRandom(5);
    random.next();
    const state = random.state();
    const rest = [random.next(), random.next()];
    const restored = restoreRandom(state);
    expect([restored.next(), restored.next()]).toEqual(rest);
  });

  test('integers are uniform and samples are distinct', () => {
    const random = createRandom(1);
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 8000; i++) counts[random.integer(8)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(900);
    expect(Math.max(...counts)).toBeLessThan(1100);
    expect(new Set(random.sample([1, 2, 3, 4, 5], 5)).size).toBe(5);
  });
});

describe('mixSeeds', () => {
  test('every part counts, and where it stands', () => {
    const seeds = [
      mixSeeds(1, 2),
      mixSeeds(2, 1),
      mixSeeds('1', 2),
      mixSeeds(12),
      mixSeeds(1, 2, 0),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(mixSeeds(1, 'a')).toBe(mixSeeds(1, 'a'));
  });
});

test.each([0.5, Number.NaN, 2 ** 32, -(2 ** 31) - 1, Infinity, '1', undefined, null])(
  'createRandom refuses the seed %j: many would give one stream',
  (seed) => {
    expect(() => createRandom(seed as number)).toThrow(
      /^createRandom: seed must be an integer in -2\^31/,
    );
  },
);

test.each<[string, () => unknown]>([
  ['restoreRandom', () => restoreRandom([1, 2, 3])],
  ['restoreRandom', () => restoreRandom([0, 0, 0, 0])],
  ['restoreRandom', () => restoreRandom([1, 2, 3, -1])],
  ['mixSeeds', () => mixSeeds('a', Number.NaN)],
  ['mixSeeds', () => mixSeeds(undefined as never)],
  ['random.integer', () => createRandom(0).integer(0)],
  ['random.integer', () => createRandom(0).integer(1.5)],
  ['random.integer', () => createRandom(0).integer(2 ** 33)],
  ['random.choice', () => createRandom(0).choice([])],
  ['random.sample', () => createRandom(0).sample([1, 2], 3)],
  ['random.sample', () => createRandom(0).sample([1, 2], 0.5)],
])('%s refuses what cannot work', (name, run) => {
  expect(run).toThrow(new RegExp(`^${name}: .* must be `));
});
