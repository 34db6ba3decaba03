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
