import { describe, expect, test } from 'vitest';
import file from '../../fixtures/distillation.json' with { type: 'json' };
import * as molLoss from '../index.ts';
import { rlsdShare } from './rlsdAdvantages.ts';
import { rltfSelfDistillationLoss } from './rltfSelfDistillationLoss.ts';

interface LossCase {
  data: object;
  options: object;
  loss: number;
  gradients: Record<string, number[]>;
}
interface AdvantageCase {
  data: object;
  options: object;
  advantages: number[];
}
const { methods } = file as { methods: Record<string, LossCase | AdvantageCase> };

/** The function that a case is of: its name up to a space. */
function callOf(name: string): (data: object, options: object) => unknown {
  return Object.entries(molLoss).find(([key]) => key === name.split(' ')[0])![1] as never; // checked by what it returns
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i]! - value), `at ${i}`).toBeLessThan(1e-9);
  }
}

describe('methods', () => {
  test.each(Object.keys(methods))("%s equals the authors' formula in PyTorch, float64", (name) => {
    const expected = methods[name]!;
    const result = callOf(name)(expected.data, expected.options);
    if ('advantages' in expected) {
      expectClose(result as Float64Array, expected.advantages);
      return;
    }
    const { loss, ...rest } = result as { loss: number } & Record<string, Float64Array>;
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-9);
    for (const [key, gradient] of Object.entries(expected.gradients))
      expectClose(rest[key]!, gradient);
  });

  test('RLSD changes the size of an advantage, never its sign, and its share ends at 0', () => {
    const data = { advantages: [2, -2], oldLogprobs: [-1, -1], teacherLogprobs: [-9, -0.01] };
    expect(Array.from(molLoss.rlsdAdvantages(data, { share: 1 }))).toEqual([1.6, -1.6]);
    expect([rlsdShare(0), rlsdShare(50), rlsdShare(90)]).toEqual([0.5, 0, 0]);
  });

  test('the blend is GRPO at 1 and sampled-token distillation at 0', () => {
    const data = { advantages: [2], logprobs: [-3], teacherLogprobs: [-1] };
    expect(molLoss.blendAdvantages(data, { lambda: 1 })[0]).toBe(2);
    expect(molLoss.blendAdvantages(data, { lambda: 0 })[0]).toBe(2);
    const sampled = {
      sequenceIds: [0],
      hasTeacher: [1],
      studentLogprobs: [-3],
      teacherLogprobs: [-1],
    };
    const { gradient } = molLoss.distillationLossFromLogprobs(sampled, { support: 'sampled' });
    expect(gradient[0]).toBe(-2); // minus the advantage
  });

  test('calls on parts of a batch, with its total, add up to the whole', () => {
    const logprobs = [-1, -2, -4];
    const observationMask = [0, 1, 1];
    const echo = (from: number, to: number, total?: number) =>
      molLoss.echoLoss(
        {
          logprobs: logprobs.slice(from, to),
          observationMask: observationMask.slice(from, to),
        },
        { total },
      );
    const kl = [2, 4, 1];
    const refLogprobs = [-1, -3, -3];
    const sdpg = (from: number, to: number, total?: number) => {
      const [k, s, b] = [kl, logprobs, refLogprobs].map((all) => all.slice(from, to));
      const data = { kl: k!, logprobs: s!, refLogprobs: b! };
      return molLoss.sdpgLoss(data, { alpha: 0.3, beta: 0.2, total });
    };
    for (const [loss, total] of [
      [echo, 2],
      [sdpg, 3],
    ] as const) {
      const whole = loss(0, 3);
      const [first, second] = [loss(0, 2, total), loss(2, 3, total)];
      expect(first.loss + second.loss).toBeCloseTo(whole.loss, 12);
      expect([...first.gradient, ...second.gradient]).toEqual(Array.from(whole.gradient));
    }
  });

  test('names the list and the entry that is no number', () => {
    const data = { logprobs: [Number.NaN], sequenceIds: [0], advantages: [1] };
    expect(() => rltfSelfDistillationLoss(data)).toThrow('logprobs[0] is NaN');
    expect(() => molLoss.echoLoss({ logprobs: [-1], observationMask: [] })).toThrow(
      '0 observationMask',
    );
    expect(() =>
      molLoss.sdpgLoss({ kl: [1], logprobs: [-1], refLogprobs: [-1] }, { onlyPositive: true }),
    ).toThrow('onlyPositive needs advantages');
  });
});
