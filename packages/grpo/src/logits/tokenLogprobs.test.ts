import { describe, expect, test } from 'vitest';
import { tokenLogprobs } from './tokenLogprobs.ts';

describe('tokenLogprobs', () => {
  test('the gradient is that of the values', () => {
    const logits = [0.3, -1, 2, 0.5, 0.1, -0.4];
    const value = (z: number[]) => {
      const { logprobs, entropies } = tokenLogprobs(
        { logits: z, targets: [2, 0] },
        { temperature: 0.7 },
      );
      return logprobs[0]! - 2 * logprobs[1]! + 3 * entropies[0]! + 0.5 * entropies[1]!;
    };
    const gradient = tokenLogprobs({ logits, targets: [2, 0] }, { temperature: 0.7 }).backward(
      [1, -2],
      [3, 0.5],
    );
    for (const [i, g] of gradient.entries()) {
      const moved = (step: number) => value(logits.map((z, j) => (i === j ? z + step : z)));
      expect(g).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 7);
    }
  });

  test('errors name the row; rows under the mask are not read', () => {
    const data = { logits: [0, 1, Number.NaN, 2], targets: [0, 1] };
    const run = (more: object, options: object = {}) => {
      return () => tokenLogprobs({ ...data, ...more }, options);
    };
    expect(run({})).toThrow('tokenLogprobs: the logit of id 0 is NaN at position 1');
    expect(run({ mask: [true, false] })).not.toThrow();
    expect(run({ mask: [1, 2] })).toThrow('mask must be 0, 1, false or true, got 2');
    const { backward } = run({ mask: [1, 0] })();
    expect(() => backward([Number.NaN, 0])).toThrow('dLogprobs is NaN at position 0');
    expect([...backward([1, Number.NaN])]).toEqual([...backward([1, 0])]);
    expect(() => backward([1])).toThrow('dLogprobs must have 2 values, got 1');
    const logits = [0, 1, 1, 0];
    for (const temperature of [0, -1, Number.NaN, '1'])
      expect(run({ logits }, { temperature })).toThrow('temperature must be a finite number > 0');
    expect(run({ logits }, { temp: 1 })).toThrow("Did you mean 'temperature'?");
    expect(run({ logits, targets: [0, 0.5] })).toThrow('target 0.5 of token 1');
    expect(run({ logits: [0, 1, -1 / 0, -1 / 0] })).toThrow(
      'all logits are -Infinity at position 1',
    );
  });
});

test.each([Symbol('x'), 1n, '0', null, -1, 2])('target %s is a GrpoError', (target) => {
  const data = { logits: [0, 0], targets: [target as number] };
  expect(() => tokenLogprobs(data)).toThrow(/target .* of token 0 is outside the vocabulary of 2/);
});
