import fc from 'fast-check';

/** Random inputs of a policy loss for property tests: B rows of T tokens, at least one of them trained. */
export interface RandomPolicyBatch {
  logprobs: number[];
  oldLogprobs: number[];
  refLogprobs: number[];
  rolloutLogprobs: number[];
  entropies: number[];
  klValues: number[];
  advantages: number[];
  completionMask: number[];
  turns: number[];
  sequenceLength: number;
}

/** Values on a grid, so that two of them are equal or well apart: finite differences then never straddle a clip. */
export const randomPolicyBatch: fc.Arbitrary<RandomPolicyBatch> = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), sequenceLength: fc.integer({ min: 1, max: 5 }) })
  .chain(({ rows, sequenceLength }) => {
    const size = rows * sequenceLength;
    const array = (min: number, max: number, length = size) =>
      fc.array(
        fc.integer({ min, max }).map((k) => (k + 0.123) / 64),
        { minLength: length, maxLength: length },
      );
    return fc.record({
      logprobs: array(-256, -1),
      oldLogprobs: array(-256, -1),
      refLogprobs: array(-256, -1),
      rolloutLogprobs: array(-256, -1),
      entropies: array(0, 200),
      klValues: array(0, 64),
      advantages: array(-128, 128, rows),
      completionMask: fc
        .array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size })
        .map((mask) => mask.map((keep, i) => (i === 0 ? 1 : keep))),
      turns: fc.constant(
        Array.from({ length: size }, (_, i) => Math.floor((i % sequenceLength) / 2)),
      ),
      sequenceLength: fc.constant(sequenceLength),
    });
  });
