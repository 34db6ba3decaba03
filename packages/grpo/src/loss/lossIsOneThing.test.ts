// One file: by name, as a function and inside a mixture a loss gives the same numbers.
import { describe, expect, test } from 'vitest';
import { GrpoError } from '../base/errors.ts';
import type { PolicyLossData } from '../base/policyLossData.ts';
import { klEstimators } from '../kl/klEstimators.ts';
import { ppoLoss } from './losses.ts';
import { mixtureLoss } from './mixture/mixtureLoss.ts';
import { type PolicyLossCall, policyLoss } from './policyLoss.ts';
import type { PolicyLossName } from './policyLosses.ts';
import { policyLosses } from './policyLosses.ts';

const NAMES = Object.keys(policyLosses) as PolicyLossName[];

/** The policy has all but lost a token that the base is sure of: k3 is 2971.96, far outside verl's bounds. */
const far = {
  logprobs: [-9],
  refLogprobs: [-1],
  oldLogprobs: [-9],
  rolloutLogprobs: [-9],
  klValues: [0.5],
  turns: [0],
  advantages: [0],
  completionMask: [1],
  sequenceLength: 1,
};

describe("verl's KL bounds come with the convention, not with the name", () => {
  const bounded: [string, () => { loss: number; gradient: Float64Array }][] = [
    ['by name', () => policyLoss(far, { lossType: 'ppo', beta: 1 })],
    ['dppo', () => policyLoss(far, { lossType: 'dppo', beta: 1 })],
    ['as lossType', () => policyLoss(far, { lossType: policyLosses.ppo, beta: 1 })],
    ['as a function', () => ppoLoss(far, { beta: 1 })],
    ['in a mixture', () => mixtureLoss(far, { a: { loss: ppoLoss, options: { beta: 1 } } })],
    ['by name in a mixture', () => mixtureLoss(far, { a: { loss: 'ppo', options: { beta: 1 } } })],
    ['k3 by name', () => policyLoss(far, { lossType: 'ppo', beta: 1, klEstimator: 'k3' })],
    [
      'convention undefined',
      () => policyLoss(far, { lossType: 'ppo', beta: 1, convention: undefined }),
    ],
    ...(['ppo', 'grpo', 'gmpo', 'dppo', 'gspo', 'cispo'] as const).map(
      (name): (typeof bounded)[number] => [
        `policyLosses.${name} under verl`,
        () => policyLosses[name](far, { convention: 'verl', beta: 1 }),
      ],
    ),
  ];
  test.each(bounded)('%s: 10, without gradient', (_, run) => {
    const { loss, gradient } = run();
    expect([loss, ...gradient]).toEqual([10, 0]);
  });

  test("k3+ has the bounded value and k2's gradient", () => {
    const { loss, gradient } = policyLoss(far, { lossType: 'ppo', beta: 1, klEstimator: 'k3+' });
    expect([loss, ...gradient]).toEqual([10, -8]);
  });

  test("'trl' has no bounds, even for ppo; a function is taken as it is", () => {
    const plain = { lossType: 'ppo', beta: 1, useBiasCorrectionKl: false } as const;
    expect(policyLoss(far, { ...plain, convention: 'trl' }).loss).toBeCloseTo(2971.958, 3);
    expect(policyLoss(far, { ...plain, klEstimator: klEstimators.k3 }).loss).toBeCloseTo(
      2971.958,
      3,
    );
  });
});

test('every loss: the same by name, as a function, and as the function by lossType', () => {
  const data = {
    logprobs: [-1, -0.5, -2, -3],
    oldLogprobs: [-1.2, -0.4, -2.5, -1],
    refLogprobs: [-1, -0.7, -1, -9],
    rolloutLogprobs: [-1.1, -0.4, -2.4, -1],
    klValues: [0.1, 0.2, 0.3, 0.4],
    turns: [0, 1, 0, 0],
    advantages: [1, -1],
    completionMask: [true, true, true, false],
    sequenceLength: 2,
  };
  for (const lossType of NAMES)
    for (const convention of ['trl', 'verl', 'skyrl', 'openrlhf', 'mlx', undefined] as const) {
      const beta = lossType === 'rema' ? {} : { beta: 0.1 };
      const horizon = lossType === 'dr_grpo' ? { maxCompletionLength: 8 } : {};
      const options = { convention, ...beta, ...horizon };
      const named = policyLoss(data, { lossType, ...options } as PolicyLossCall);
      const loss = policyLosses[lossType] as (d: object, o: object) => typeof named; // its options are checked
      expect(loss(data, options)).toEqual(named);
      expect(policyLoss(data, { lossType: loss, ...options })).toEqual(named);
      if (lossType === 'gmpo' || lossType === 'rema') continue; // no token sum
      const sum = { lossType, ...options, reduction: 'token-sum' } as PolicyLossCall;
      const whole = policyLoss(data, sum);
      for (const part of [lossType, loss]) {
        const mixed = mixtureLoss(data, {
          a: { loss: part, options, normalizer: 1 } as { loss: typeof loss },
        });
        expect(mixed.loss).toBeCloseTo(whole.loss, 12);
        for (const [i, g] of mixed.gradient.entries())
          expect(g).toBeCloseTo(whole.gradient[i]!, 12);
      }
    }
});

test('neither undefined nor null erases a default', () => {
  const data = {
    logprobs: [-1],
    oldLogprobs: [-31],
    advantages: [-1],
    completionMask: [1],
    sequenceLength: 1,
  };
  for (const none of [undefined, null as never]) {
    const ppo = { lossType: 'ppo', convention: none, dualClip: none, logRatioClamp: none } as const;
    expect(policyLoss(data, ppo).loss).toBe(3);
    const near = { ...data, oldLogprobs: [-0.9] };
    const gspo = policyLoss(near, { lossType: 'gspo', epsilon: none, epsilonHigh: none });
    expect(gspo.gradient[0]).toBeCloseTo(0, 12);
    const delta = { ...data, oldLogprobs: [-1], advantages: [1] };
    const trl = {
      lossType: 'dapo',
      delta: none,
      epsilonHigh: none,
      topEntropyQuantile: none,
    } as const;
    expect(policyLoss(delta, { ...trl, offPolicyMaskThreshold: none }).gradient[0]).toBe(-1);
  }
});

test('gspo and gspo_token have no dual clip under verl, unless one is asked for', () => {
  const data = {
    logprobs: [-1],
    oldLogprobs: [-3],
    advantages: [-1],
    completionMask: [1],
    sequenceLength: 1,
  };
  for (const lossType of ['gspo', 'gspo_token'] as const) {
    const { loss, gradient } = policyLoss(data, { lossType, convention: 'verl' });
    expect(loss).toBeCloseTo(Math.exp(2), 12);
    expect(gradient[0]).toBeCloseTo(Math.exp(2), 12);
    expect(policyLoss(data, { lossType, dualClip: 3 }).loss).toBe(3);
  }
  expect(policyLoss(data, { lossType: 'dapo', convention: 'verl' }).loss).toBe(3);
});

test("gspo_token's ratio is held at exp(10), without gradient, as in verl", () => {
  const data = {
    logprobs: [-1],
    oldLogprobs: [-13],
    advantages: [-1],
    completionMask: [1],
    sequenceLength: 1,
  };
  const { loss, gradient } = policyLoss(data, { lossType: 'gspo_token', convention: 'verl' });
  expect(loss).toBeCloseTo(Math.exp(10), 6);
  expect(gradient[0]).toBeCloseTo(0, 12);
});

describe('options are those of the loss', () => {
  const data = { logprobs: [-1], advantages: [1], completionMask: [1], sequenceLength: 1 };
  const run = (options: object) => () => policyLoss(data, options as PolicyLossCall);

  test('an option of other losses is refused, and named with them', () => {
    expect(run({ lossType: 'grpo', sapoTemperaturePos: 5 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: grpoLoss: has no sapoTemperaturePos. It belongs to sapo. Leave it out.]`,
    );
    expect(run({ lossType: 'cispo', delta: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: cispoLoss: has no delta. It belongs to grpo, dr_grpo, dapo, bnpo, ppo, luspo, gspo, gspo_token. Leave it out.]`,
    );
    expect(run({ lossType: 'gmpo', reduction: 'token-mean' })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: gmpoLoss: has no reduction. All losses but gmpo, rema have it. Leave it out.]`,
    );
    expect(() => ppoLoss(data, { vespoKPos: 9 } as object)).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: ppoLoss: has no vespoKPos. It belongs to vespo. Leave it out.]`,
    );
    expect(() =>
      mixtureLoss(data, { a: { loss: ppoLoss, options: { turnRatio: 'arithmetic' } } }),
    ).toThrow(GrpoError);
  });

  test('a misspelt option, name or field is an error with the nearest one', () => {
    expect(run({ lossType: 'dapo', epsilonHi: 0.28 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: dapoLoss: unknown option 'epsilonHi'. Did you mean 'epsilonHigh'? Known: epsilon, epsilonHigh, delta, dualClip, beta, klEstimator, useBiasCorrectionKl, importanceSamplingLevel, reduction, maxCompletionLength, convention, logRatioClamp, gradientAccumulationSteps, numItemsInBatch, numSequences, numLiveSequences, numTurns, numTurnSequences, numEntropyTokens, topEntropyQuantile, entropyCoef, offPolicyMaskThreshold, sapoTemperaturePos, sapoTemperatureNeg, vespoKPos, vespoLambdaPos, vespoKNeg, vespoLambdaNeg, ratioCap, klTau, advTau, droBeta, klCovFraction, klCovCoef, clipCovRange, clipCovFraction, seed, turnRatio, turnAggregation.]`,
    );
    expect(run({ lossType: 'dapo', top_entropy_quantile: 0.2 })).toThrow(/topEntropyQuantile/);
    expect(run({ loss_type: 'dapo' })).toThrow(/Did you mean 'lossType'/);
    expect(run({ lossType: 'dapo', convention: 'TRL' })).toThrow(/Did you mean 'trl'/);
    expect(run({ lossType: 'rema', turnRatio: 'xyz' })).toThrow(/geometric, arithmetic/);
    expect(run({ lossType: 'rema', turnAggregation: 'turns' })).toThrow(/Did you mean 'turn'/);
    expect(run({ lossType: 'dapo', reduction: 'mean' })).toThrow(/unknown reduction/);
    expect(run({ lossType: 'dapo', importanceSamplingLevel: 'seq' })).toThrow(/sequence/);
    expect(() =>
      policyLoss({ ...data, oldLogProbs: [-1] } as typeof data, { lossType: 'dapo' }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: policyLoss: unknown data field 'oldLogProbs'. Did you mean 'oldLogprobs'? Known: logprobs, oldLogprobs, refLogprobs, entropies, tokenWeights, klValues, rolloutLogprobs, advantages, completionMask, importanceWeights, objectiveMask, turns, sequenceLength, sequenceIds.]`,
    );
    expect(() => mixtureLoss(data, { a: { loss: 'dappo' as 'dapo' } })).toThrow(
      /Did you mean 'dapo'/,
    );
    const misspelt = { loss: 'dapo', weight: [1] } as { loss: 'dapo' };
    expect(() => mixtureLoss(data, { a: misspelt })).toThrow(/Did you mean 'weights'/);
  });

  test('no options, no data: a GrpoError, no TypeError', () => {
    for (const none of [undefined, null, {}, 'dapo', 3] as never[]) {
      expect(() => policyLoss(data, none)).toThrow(GrpoError);
      expect(() => policyLoss(none, { lossType: 'dapo' })).toThrow(GrpoError);
      for (const loss of Object.values(policyLosses))
        expect(() => loss(none, {})).toThrow(GrpoError);
    }
    expect(() => policyLoss(data, undefined as never)).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: policyLoss: needs lossType, a name or your own function.]`,
    );
  });

  test('numbers that are none of their kind are errors that name the option', () => {
    const bad: [string, unknown[]][] = [
      ['numItemsInBatch', [Number.NaN, -1, 0, '4', Infinity]],
      ['numSequences', [Number.NaN, -1, '4']],
      ['gradientAccumulationSteps', [0, 0.5, -1, '2', Number.NaN]],
      ['epsilon', [-0.2, Number.NaN, '0.28', Infinity]],
      ['epsilonHigh', [-0.2, Number.NaN, '0.28']],
      ['delta', [0, -1, Number.NaN, '3']],
      ['dualClip', [1, 0, -3, Number.NaN, '3']],
      ['beta', [-0.1, Number.NaN, '0.1', Infinity]],
      ['logRatioClamp', [0, -20, Number.NaN, '20']],
      ['topEntropyQuantile', [20, -0.1, Number.NaN, '0.2']],
      ['entropyCoef', [Number.NaN, '0.1', Infinity]],
      ['offPolicyMaskThreshold', [Number.NaN, '0.1']],
      ['useBiasCorrectionKl', ['false', 0]],
      ['maxCompletionLength', [0, -1, Number.NaN, '8']],
    ];
    const full = { ...data, entropies: [1], refLogprobs: [-1] };
    for (const [option, values] of bad)
      for (const value of values) {
        const options = { lossType: 'dapo', [option]: value } as PolicyLossCall;
        expect(() => policyLoss(full, options), `${option}: ${value}`).toThrow(option.slice(0, 15));
        expect(() => policyLoss(full, options), `${option}: ${value}`).toThrow(GrpoError);
      }
    for (const seed of [0.5, -1, 2 ** 32, Number.NaN, '1'])
      expect(run({ lossType: 'clip_cov', seed }), String(seed)).toThrow(/seed must be/);
    expect(run({ lossType: 'clip_cov', clipCovRange: [5, 1] })).toThrow(/clipCovRange/);
    expect(run({ lossType: 'kl_cov', klCovFraction: 20 })).toThrow(/klCovFraction/);
  });

  test('a function of your own gets its options as they came', () => {
    const seen: object[] = [];
    const mine = (given: PolicyLossData, options: { anything: string }) => {
      seen.push(options);
      return policyLosses.dapo(given, {});
    };
    policyLoss(data, { lossType: mine, anything: 'x', entropyCoef: 0, numSequences: 'none' });
    expect(seen).toEqual([{ anything: 'x', numSequences: 'none' }]);
  });
});
