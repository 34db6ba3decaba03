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
});
