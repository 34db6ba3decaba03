// One file: the totals, and what they are for. Parts of a step add up to the step, for every loss and reduction.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GrpoError } from '../../base/errors.ts';
import type { PolicyLossData } from '../../base/policyLossData.ts';
import { REDUCTIONS, type Reduction } from '../../base/reduction.ts';
import { completionMask } from '../../groups/completionMask.ts';
import { mixtureLoss } from '../mixture/mixtureLoss.ts';
import { OPTION_OWNERS } from '../options/optionOwners.ts';
import type { StepTotals } from '../options/sharedOptions.ts';
import { type PolicyLossCall, policyLoss } from '../policyLoss.ts';
import type { PolicyLossName } from '../policyLosses.ts';
import { policyLosses } from '../policyLosses.ts';
import { type RandomPolicyBatch, randomPolicyBatch } from '../randomPolicyBatch.ts';
import { aggregateLoss } from './aggregateLoss.ts';
import { stepTotals } from './stepTotals.ts';

const NAMES = Object.keys(policyLosses) as PolicyLossName[];

/** Losses whose parts cannot add up, by definition. */
const EXCEPTIONS: Partial<Record<PolicyLossName, string>> = {
  kl_cov: 'chooses tokens by their covariance within a call',
  clip_cov: 'chooses tokens by their covariance within a call',
};
/** bnpo is the mean over its own micro-batch; with a reduction it is another loss, and adds up. */
const addsUp = (lossType: PolicyLossName, reduction?: Reduction) =>
  !(lossType in EXCEPTIONS) && !(lossType === 'bnpo' && reduction === undefined);

/** Rows `from` to `to` of a batch. */
function rowsOf(batch: RandomPolicyBatch, from: number, to: number): PolicyLossData {
  const T = batch.sequenceLength;
  const cut = (values: number[]) => values.slice(from * T, to * T);
  return {
    logprobs: cut(batch.logprobs),
    oldLogprobs: cut(batch.oldLogprobs),
    refLogprobs: cut(batch.refLogprobs),
    rolloutLogprobs: cut(batch.rolloutLogprobs),
    entropies: cut(batch.entropies),
    klValues: cut(batch.klValues),
    turns: cut(batch.turns),
    completionMask: cut(batch.completionMask),
    advantages: batch.advantages.slice(from, to),
    sequenceLength: T,
  };
}

/** A batch with rows that are masked out, and the places where it is cut; parts may be empty of trained tokens. */
const cutBatch = fc.tuple(
  randomPolicyBatch,
  fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
);

function parts(batch: RandomPolicyBatch, dropped: boolean[], cuts: boolean[]) {
  const T = batch.sequenceLength;
  const completionMask = batch.completionMask.map((keep, i) =>
    dropped[Math.floor(i / T)] ? 0 : keep,
  );
  const whole = { ...batch, completionMask };
  const rows = batch.advantages.length;
  const starts = Array.from({ length: rows }, (_, row) => row).filter(
    (row) => row === 0 || cuts[row],
  );
  const micro = starts.map((from, k) => rowsOf(whole, from, starts[k + 1] ?? rows));
  return { whole, micro };
}

function expectSum(
  whole: PolicyLossData,
  micro: PolicyLossData[],
  call: object,
  totals: StepTotals,
): void {
  const run = (data: PolicyLossData, options: object) =>
    policyLoss(data, options as PolicyLossCall); // checked at run time
  const one = run(whole, call);
  let [loss, i, worst] = [0, 0, 0];
  const differ = (part: number | undefined, of: number | undefined) => {
    worst = Math.max(worst, Math.abs((part ?? 0) - (of ?? 0)) / Math.max(1, Math.abs(of ?? 0)));
  };
  for (const data of micro) {
    const part = run(data, { ...call, ...totals, gradientAccumulationSteps: micro.length });
    loss += part.loss;
    for (let t = 0; t < part.gradient.length; t++, i++) {
      differ(part.gradient[t], one.gradient[i]);
      differ(part.entropyGradient?.[t], one.entropyGradient?.[i]);
      differ(part.klGradient?.[t], one.klGradient?.[i]);
    }
  }
  differ(loss, one.loss);
  expect(worst).toBeLessThan(1e-9);
}

describe('micro-batches add up to the step', () => {
  const has = (lossType: PolicyLossName, option: string) => {
    const owners = OPTION_OWNERS[option]!;
    return 'allBut' in owners ? !owners.allBut.includes(lossType) : owners.includes(lossType);
  };
  const kls = [
    {},
    { beta: 0.1 },
    { beta: 0.1, convention: 'verl' },
    { beta: 0.1, klEstimator: 'exact', useBiasCorrectionKl: false },
  ];
  const calls = NAMES.flatMap((lossType) =>
    [undefined, ...(has(lossType, 'reduction') ? REDUCTIONS : [])]
      .filter((reduction) => addsUp(lossType, reduction))
      .map((reduction) => [`${lossType} ${reduction ?? 'as it is'}`, lossType, reduction] as const),
  );

  test.each(calls)(
    '%s, with entropy bonus, KL, empty rows and any cut',
    (_, lossType, reduction) => {
      fc.assert(
        fc.property(
          cutBatch,
          fc.constantFrom(...kls),
          fc.constantFrom(undefined, 0.3),
          fc.constantFrom('trajectory', 'turn'),
          ([batch, dropped, cuts], kl, entropyCoef, turnAggregation) => {
            const { whole, micro } = parts(batch, dropped, cuts);
            const exact = lossType === 'gmpo' && 'klEstimator' in kl;
            const call = {
              lossType,
              ...(reduction && { reduction }),
              ...(has(lossType, 'beta') && !exact && kl),
              ...(has(lossType, 'maxCompletionLength') && { maxCompletionLength: 8 }),
              ...(lossType === 'rema' && { turnAggregation }),
              entropyCoef,
              offPolicyMaskThreshold: 0.5,
            };
            expectSum(whole, micro, call, stepTotals(micro));
            expect(stepTotals(micro)).toEqual(stepTotals(whole));
          },
        ),
        { numRuns: 12 },
      );
    },
  );

  test('bnpo is the mean of its micro-batches, by definition', () => {
    const data = (count: number) => ({
      logprobs: new Array(count).fill(-1),
      advantages: [1],
      completionMask: new Array(count).fill(1),
      sequenceLength: count,
    });
    const options = { lossType: 'bnpo', gradientAccumulationSteps: 2, numItemsInBatch: 4 } as const;
    expect(policyLoss(data(1), options).gradient[0]).toBe(-0.5);
    expect(policyLoss(data(3), options).gradient[0]).toBeCloseTo(-1 / 6, 12);
  });

  test('topEntropyQuantile chooses within a call; a mask made over the step adds up', () => {
    const logprobs = [-1, -1, -1, -1];
    const call = { lossType: 'dapo', entropyCoef: 0.5 } as const;
    const whole = {
      logprobs,
      entropies: [1, 2, 3, 4],
      advantages: [1, 1],
      completionMask: [1, 1, 1, 1],
      objectiveMask: [0, 0, 1, 1],
      sequenceLength: 2,
    };
    const cut = (from: number, to: number) => ({
      ...whole,
      logprobs: logprobs.slice(2 * from, 2 * to),
      entropies: whole.entropies.slice(2 * from, 2 * to),
      advantages: [1],
      completionMask: [1, 1],
      objectiveMask: whole.objectiveMask.slice(2 * from, 2 * to),
    });
    expectSum(whole, [cut(0, 1), cut(1, 2)], call, stepTotals(whole));
  });

  test('the entropy bonus of four tokens, whole and cut (-0.25 each)', () => {
    const data = (count: number) => ({
      logprobs: new Array(count).fill(-1),
      entropies: new Array(count).fill(1),
      advantages: new Array(count).fill(0),
      completionMask: new Array(count).fill(1),
      sequenceLength: 1,
    });
    const call = { lossType: 'dapo', entropyCoef: 1 } as const;
    const totals = stepTotals(data(4));
    expect(policyLoss(data(4), call).entropyGradient![0]).toBe(-0.25);
    expect(policyLoss(data(2), { ...call, numItemsInBatch: 4 }).entropyGradient![0]).toBe(-0.25);
    const steps = { gradientAccumulationSteps: 2 };
    for (const count of [1, 3]) {
      const { entropyGradient } = policyLoss(data(count), { ...call, ...totals, ...steps });
      expect(entropyGradient![0]).toBe(-0.25);
    }
    // Without the total it is TRL's own rule: the mean of each micro-batch, divided by their number.
    expect(policyLoss(data(1), { ...call, ...steps }).entropyGradient![0]).toBe(-0.5);
  });

  test('a token sum is a sum, however many micro-batches', () => {
    const data = {
      logprobs: [-1, -1],
      advantages: [1, 1],
      completionMask: [1, 1],
      sequenceLength: 1,
    };
    const call = {
      lossType: 'dapo',
      reduction: 'token-sum',
      gradientAccumulationSteps: 2,
    } as const;
    expect(policyLoss(data, call).loss).toBe(-2);
  });

  test('rema divides by the accumulation steps, or by the turns of the step', () => {
    const data = {
      logprobs: [-1, -1],
      advantages: [1],
      completionMask: [1, 1],
      turns: [0, 1],
      sequenceLength: 2,
    };
    const call = { lossType: 'rema' } as const;
    expect(policyLoss(data, call).loss).toBe(-1);
    expect(policyLoss(data, { ...call, gradientAccumulationSteps: 2 }).loss).toBe(-0.5);
    const byTurn = { ...call, turnAggregation: 'turn' } as const;
    expect(policyLoss(data, { ...byTurn, ...stepTotals([data, data]) }).loss).toBe(-0.5);
    expect(() =>
      policyLoss(data, { ...byTurn, numSequences: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: turnRatioLoss: 'turn' is a mean over what is trained, not over all rows: pass numTurns, of stepTotals, beside numSequences.]`,
    );
  });

  test('a mean over live rows takes their number, not that of all rows', () => {
    const data = {
      logprobs: [-1, -1],
      advantages: [1, 1],
      completionMask: [1, 0],
      sequenceLength: 1,
    };
    const call = { lossType: 'gspo_token' } as const;
    expect(policyLoss(data, call).loss).toBe(-1);
    expect(policyLoss(data, { ...call, ...stepTotals(data) }).loss).toBe(-1);
    expect(() => policyLoss(data, { ...call, numSequences: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: gspoTokenLoss: 'seq-mean-token-mean' is a mean over what is trained, not over all rows: pass numLiveSequences, of stepTotals, beside numSequences.]`,
    );
  });

  test('components of a mixture add up with their normalizer', () => {
    fc.assert(
      fc.property(cutBatch, ([batch, dropped, cuts]) => {
        const { whole, micro } = parts(batch, dropped, cuts);
        const components = {
          rl: { loss: 'dapo', options: { beta: 0.1 }, normalizer: 7 },
          ce: { loss: 'ce', ignoreCompletionMask: true, scale: 0.3, normalizer: 20 },
        } as const;
        const sum = micro.reduce((total, data) => total + mixtureLoss(data, components).loss, 0);
        expect(sum).toBeCloseTo(mixtureLoss(whole, components).loss, 9);
      }),
    );
  });
});

describe('stepTotals', () => {
  test('counts what is trained after truncated completions were masked out', () => {
    const ids = [
      [1, 1, 2],
      [1, 2],
      [1, 1, 1],
    ];
    const masked = completionMask(ids, { eosIds: [2], maskTruncatedCompletions: true });
    expect(stepTotals({ completionMask: masked.mask, sequenceLength: 3 })).toEqual({
      numItemsInBatch: 5,
      numSequences: 3,
      numLiveSequences: 2,
      numEntropyTokens: 5,
    });
  });

  test('takes micro-batches of different lengths, booleans, and the other inputs of a loss', () => {
    const totals = stepTotals([
      { completionMask: [true, false], sequenceLength: 2, turns: [0, 0], logprobs: [-1, -1] },
      { completionMask: [1, 1, 1], sequenceLength: 3, turns: [0, -1, 4] },
    ]);
    expect(totals).toEqual({
      numItemsInBatch: 4,
      numSequences: 2,
      numLiveSequences: 2,
      numEntropyTokens: 4,
      numTurns: 3,
      numTurnSequences: 2,
    });
  });

  test('a total of 0 beside trained tokens is an error, and harmless without any', () => {
    const data = { logprobs: [-1], advantages: [1], completionMask: [0], sequenceLength: 1 };
    const totals = stepTotals(data);
    for (const lossType of ['dapo', 'gspo_token'] as const) {
      expect(policyLoss(data, { lossType, ...totals }).loss).toBe(0);
      expect(() => policyLoss({ ...data, completionMask: [1] }, { lossType, ...totals })).toThrow(
        GrpoError,
      );
    }
  });

  test('wrong masks and fields are errors that name them', () => {
    const batch = (more: object) => ({ completionMask: [1, 1], sequenceLength: 2, ...more });
    for (const bad of [
      { completionMask: [1, 0.5] },
      { sequenceLength: 3 },
      { sequenceLength: undefined },
      { turns: [0, 0.5] },
      { masks: [1] },
    ])
      expect(() => stepTotals(batch(bad) as ReturnType<typeof batch>)).toThrow(GrpoError);
    expect(() => stepTotals(undefined as never)).toThrow(GrpoError);
  });

  test('aggregateLoss: its totals are checked', () => {
    const options = { sequenceLength: 1, reduction: 'token-mean' } as const;
    for (const numTokens of [Number.NaN, -1, 0, '4' as unknown as number, Infinity])
      expect(() => aggregateLoss([1, 1], [1, 1], { ...options, numTokens })).toThrow(GrpoError);
    expect(() => aggregateLoss([Number.NaN, 1], [1, 1], options)).toThrow(GrpoError);
    expect(aggregateLoss([Number.NaN, 1], [false, true], options).loss).toBe(1);
  });
});
