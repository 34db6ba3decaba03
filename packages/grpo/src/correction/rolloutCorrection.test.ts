import { describe, expect, test } from 'vitest';
import { logprobMismatch } from './logprobMismatch.ts';
import { rejectionMask, vetoMask } from './rejectionMask.ts';
import { rolloutCorrection } from './rolloutCorrection.ts';

describe('rolloutCorrection', () => {
  const data = {
    oldLogprobs: [-1, -2, -3, -4],
    rolloutLogprobs: [-1.5, -2, Number.NaN, -9],
    completionMask: [1, 1, 1, 0],
    sequenceLength: 2,
  };

  test('an unknown log-prob counts as equal, a masked token not at all', () => {
    const { weights } = rolloutCorrection(data, { mode: 'token_truncate' });
    expect([...weights]).toEqual([Math.exp(0.5), 1, 1, 0]);
  });

  test('geometric is the mean over the sequence', () => {
    const { sequenceWeights } = rolloutCorrection(data, { mode: 'geometric_truncate' });
    expect(sequenceWeights![0]).toBeCloseTo(Math.exp(0.25), 12);
  });

  test('NaN of the trainer is an error that names its place; under the mask it is not read', () => {
    const broken = { ...data, oldLogprobs: [-1, -2, Number.NaN, -4] };
    const hidden = { ...data, oldLogprobs: [-1, -2, -3, Number.NaN] };
    const runs = {
      rolloutCorrection: (d: typeof data) => rolloutCorrection(d).weights,
      rejectionMask: (d: typeof data) => rejectionMask(d, { statistic: 'token_k2', high: 2 }).mask,
      vetoMask: (d: typeof data) => vetoMask(d, { threshold: 1e-4 }),
    };
    for (const [name, run] of Object.entries(runs)) {
      expect(() => run(broken)).toThrow(`${name}: oldLogprobs is NaN at sequence 1, position 0`);
      expect(run(hidden)).toEqual(run(data));
      expect(() => run({ ...data, oldLogprobs: [1, -2, -3, -4] })).toThrow(
        'a log-prob is at most 0',
      );
    }
    const { oldLogprobs, rolloutLogprobs, completionMask: mask } = data;
    expect(() => logprobMismatch([Number.NaN], [-1], [1])).toThrow('logprobs is NaN at position 0');
    expect(logprobMismatch(hidden.oldLogprobs, rolloutLogprobs, mask)).toEqual(
      logprobMismatch(oldLogprobs, rolloutLogprobs, mask),
    );
  });

  test('bounds and names are checked', () => {
    const run = (options: object) => () => rolloutCorrection(data, options);
    expect(run({ clipMax: Number.NaN })).toThrow('clipMax must be a number > 0, got NaN');
    expect(run({ clipMin: -1 })).toThrow('clipMin must be');
    expect(run({ clip_max: 2 })).toThrow("Did you mean 'clipMax'?");
    expect(run({ clipMax: null })).not.toThrow();
    const reject = (options: object) => () =>
      rejectionMask(data, options as { statistic: 'token_k2'; high: number });
    expect(reject({ statistic: 'token_k2' })).toThrow('rejectionMask: needs high');
    expect(reject({ statistic: 'seq_max_k1', high: 2 })).toThrow("Did you mean 'seq_max_k2'?");
    expect(reject({ statistic: 'token_k2', low: 1, high: 2 })).toThrow('has no low: leave it out');
    expect(reject({ statistic: 'token_k1', low: 3, high: 2 })).toThrow('low 3 is above high 2');
    expect(() => vetoMask(data, {} as { threshold: number })).toThrow('vetoMask: needs threshold');
  });

  test('errors', () => {
    const mode = 'token_trim' as 'token_mask';
    expect(() => rolloutCorrection(data, { mode })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: rolloutCorrection: unknown mode 'token_trim'. Did you mean 'token_mask'? Known: token_truncate, token_mask, sequence_truncate, sequence_mask, geometric_truncate, geometric_mask.]`,
    );
    expect(() => rolloutCorrection(data, { clipMin: 4 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: rolloutCorrection: clipMin 4 is above clipMax 3.]`,
    );
    expect(() =>
      rejectionMask(data, { statistic: 'token_k1', high: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: rejectionMask: statistic 'token_k1' needs low, the lower bound.]`,
    );
  });
});
