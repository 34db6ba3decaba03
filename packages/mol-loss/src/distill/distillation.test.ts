import { describe, expect, test } from 'vitest';
import file from '../../fixtures/distillation.json' with { type: 'json' };
import { type DistillationData, distillationLoss } from './distillationLoss.ts';
import {
  type DistillationLogitData,
  type DistillationLogitOptions,
  distillationLossFromLogits,
} from './distillationLossFromLogits.ts';
import { distillationLossFromLogprobs } from './distillationLossFromLogprobs.ts';

interface Golden {
  source: string;
  data: Omit<DistillationLogitData, 'teacherLogits'>;
  teachers: Record<string, number[]>;
  cases: {
    title: string;
    teacher: string;
    clip: number | null;
    options: DistillationLogitOptions;
    loss: number;
    gradient: number[];
  }[];
}
const golden = file as unknown as Golden; // what makeDistillation.py writes

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i]! - value), `at ${i}`).toBeLessThan(1e-9);
  }
}

/** The case's data; without a clip there is no ratio. */
function dataOf({ teacher, clip }: Golden['cases'][number]): DistillationLogitData {
  const { oldLogprobs, logprobs, ...rest } = golden.data;
  const teacherLogits = golden.teachers[teacher]!;
  return { ...rest, teacherLogits, ...(clip !== null && { logprobs, oldLogprobs }) };
}

describe('distillationLossFromLogits', () => {
  test.each(golden.cases)(`equals TRL in float64: $title`, (expected) => {
    const { loss, gradient } = distillationLossFromLogits(dataOf(expected), expected.options);
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-9);
    expectClose(gradient, expected.gradient);
  });

  test.each(golden.cases.filter(({ options }) => options.support !== 'sampled'))(
    'its gradient is that of its value: $title',
    ({ options, teacher }) => {
      const data = dataOf({ teacher, clip: null } as Golden['cases'][number]); // the ratio gets no gradient
      const { gradient } = distillationLossFromLogits(data, options);
      const logits = Float64Array.from(data.studentLogits);
      for (const i of [11, 47, 60]) {
        const at = (shift: number): number => {
          const moved = logits.slice();
          moved[i]! += shift;
          return distillationLossFromLogits({ ...data, studentLogits: moved }, options).loss;
        };
        expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8);
      }
    },
  );

  test('a student that equals its teacher has no loss and no gradient', () => {
    const { studentLogits } = golden.data;
    for (const divergence of ['reverse', 'forward', 'jsd'] as const) {
      const data = { ...golden.data, teacherLogits: studentLogits };
      const options = { support: 'full', divergence } as const;
      const { loss, gradient } = distillationLossFromLogits(data, options);
      expect(Math.abs(loss)).toBeLessThan(1e-15);
      expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-15);
    }
  });
});

const data: DistillationData = {
  divergences: [1, 3, Number.NaN, 5],
  sequenceIds: [0, 0, 1, 2],
  hasTeacher: [1, 0, 1],
};

describe('distillationLoss', () => {
  test('a row without a teacher is never read and leaves the denominator too', () => {
    const { loss, size, divergenceGradient } = distillationLoss(data);
    expect(loss).toBe(3);
    expect(size).toBe(3);
    expect(Array.from(divergenceGradient)).toEqual([1 / 3, 1 / 3, 0, 1 / 3]);
  });

  test('parts add up to the whole with its size', () => {
    for (const normalizer of ['token', 'sequence'] as const) {
      const first = { divergences: [1, 3], sequenceIds: [0, 0], hasTeacher: [1] };
      const second = { divergences: [Number.NaN, 5], sequenceIds: [0, 1], hasTeacher: [0, 1] };
      const sizes = [first, second].map((part) => distillationLoss(part, { normalizer }).size);
      const total = sizes[0]! + sizes[1]!;
      const losses = [first, second].map(
        (part) => distillationLoss(part, { normalizer, total }).loss,
      );
      expect(losses[0]! + losses[1]!).toBeCloseTo(distillationLoss(data, { normalizer }).loss, 12);
    }
  });

  test('says that the teacher is silent, and how much it was capped', () => {
    const tokens = { sequenceIds: [0, 1, 2], hasTeacher: [1, 0, 0], divergences: [1, 0, 0] };
    const ratio = { logprobs: [-1, -1, -1], oldLogprobs: [-3, -1, -1] };
    const { warnings, metrics } = distillationLoss({ ...tokens, ...ratio });
    expect(warnings[0]).toContain('The teacher is inactive in 2 of 3 rows');
    expect(metrics['self_distillation/is_clip_fraction']).toBeCloseTo(1 / 3);
    expect(metrics['self_distillation/distillation_loss']).toBe(2); // e^2, capped
    expect(distillationLoss(data).warnings).toEqual([]);
  });

  test('names the token, the row and the option that are wrong', () => {
    const bad = { ...data, hasTeacher: [1, 1, 1] };
    expect(() => distillationLoss(bad)).toThrow('the divergence is NaN at token 2 (row 1)');
    expect(() => distillationLoss({ ...data, hasTeacher: [1, 0] })).toThrow('sequenceIds[3]');
    expect(() => distillationLoss({ ...data, logprobs: [0, 0, 0, 0] })).toThrow(
      'needs logprobs and oldLogprobs',
    );
    const logs = { ...golden.data, studentLogprobs: [-1], teacherLogprobs: [-1] };
    const { sequenceIds, hasTeacher, studentLogprobs, teacherLogprobs } = logs;
    const given = { sequenceIds, hasTeacher, studentLogprobs, teacherLogprobs };
    expect(() => distillationLossFromLogprobs(given, { support: 'sampled' })).toThrow('7 tokens');
    expect(() =>
      // @ts-expect-error a divergence of the whole vocabulary has no default
      distillationLossFromLogprobs(given, { support: 'full' }),
    ).toThrow("support 'full' needs divergence");
    expect(() =>
      // @ts-expect-error of a sampled token there is the reverse KL only
      distillationLossFromLogprobs(given, { support: 'sampled', divergence: 'jsd' }),
    ).toThrow('reverse KL only');
  });
});
