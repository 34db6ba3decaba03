import { describe, expect, test } from 'vitest';
import { type SurrogateLoss, surrogateLoss } from '../index.ts';

const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
const squared: SurrogateLoss = {
  name: 'squared',
  reduction: 'token-mean',
  objective: ({ logRatio, advantages }) => ({
    term(i, out) {
      out.loss = (logRatio[i]! - advantages[i]!) ** 2;
      out.dLogRatio = 2 * (logRatio[i]! - advantages[i]!);
    },
  }),
};

describe('surrogateLoss', () => {
  test('the gradient is that of the objective, on a grid and on its tokens alone', () => {
    const grid = surrogateLoss(data, {}, squared);
    expect(Array.from(grid.gradient)).toEqual([-1, -1]);
    const aligned = { logprobs: [-1, -2], advantages: [1], sequenceIds: [0, 0] };
    expect(surrogateLoss(aligned, {}, squared)).toEqual(grid);
  });

  test('options of its own go by name; another is an error with the nearest one', () => {
    const margin: SurrogateLoss<{ margin: number }> = {
      name: 'margin',
      reduction: 'token-mean',
      options: ['margin'],
      objective: (_, options) => ({
        term(_i, out) {
          out.loss = options.margin;
        },
      }),
    };
    expect(surrogateLoss(data, { margin: 3 }, margin).loss).toBe(3);
    const misspelt = { margn: 3 } as unknown as { margin: number };
    expect(() => surrogateLoss(data, misspelt, margin)).toThrow(/Did you mean 'margin'/);
  });

  test('throws `missing` without an objective', () => {
    const { objective: _, ...rest } = squared;
    expect(() => surrogateLoss(data, {}, rest as never)).toThrow(/needs objective/);
  });
});
