import { describe, expect, test } from 'vitest';
import { molLoss } from './molLoss.ts';
import { molLossFromLogits } from './molLossFromLogits.ts';
import { type MolWeightsOptions, molWeights } from './molWeights.ts';
import type { Role } from './roles.ts';

const roles: Role[] = ['environment', 'assistant', 'ignore'];
const run = (options: unknown, more: object = {}) => {
  return () => molWeights({ roles, ...more }, options as MolWeightsOptions);
};

describe('molWeights', () => {
  test('alpha has no default', () => {
    expect(run({})).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molWeights: alpha, the weight of the KL terms, has no default. Give a number, or { assistant, general }; or a mixture.]`,
    );
    expect(run(undefined)).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molWeights: needs its options as an object, got undefined.]`,
    );
    expect(run({ alpha: { assistant: 1 } })).toThrow('alpha (general) must be a number >= 0');
    expect(run({ alpha: '0.1' })).toThrow("alpha (assistant) must be a number >= 0, got '0.1'");
  });

  test('names that are not known are refused, with the nearest', () => {
    const alpha = 1;
    expect(run({ alpha, denominator: 'weights' })).toThrow("Did you mean 'weight'?");
    expect(run({ alpha, environment_weight: 1 })).toThrow("Did you mean 'environmentWeight'?");
    expect(run({ alpha }, { sequenceIDs: [0, 0, 0] })).toThrow("Did you mean 'sequenceIds'?");
    const normalizer = { environment: 'token', assistant: 'tokens', general: 'token' };
    expect(run({ alpha, normalizer })).toThrow(
      "unknown normalizer of assistant 'tokens'. Did you mean 'token'?",
    );
  });

  test('token weights are numbers >= 0 where a token has a role, and not read elsewhere', () => {
    for (const weight of [Number.NaN, -1, Number.POSITIVE_INFINITY, '1', true]) {
      expect(run({ alpha: 1 }, { tokenWeights: [1, weight, 1] })).toThrow(
        'molWeights: tokenWeights[1] must be a number >= 0',
      );
    }
    const hidden = { roles, tokenWeights: [1, 1, Number.NaN] };
    expect([...molWeights(hidden, { alpha: 1 }).coefficients]).toEqual([1, 1, 0]);
  });

  test('null is as if left out', () => {
    const none = { alpha: 1, totals: null, normalizer: null, environmentWeight: undefined };
    const layout = { sequenceIds: null, sequenceLength: undefined };
    expect(run(none, layout)()).toEqual(molWeights({ roles }, { alpha: 1 }));
  });

  test('sequences are told in one way', () => {
    expect(run({ alpha: 1 }, { sequenceIds: [0, 0, 0], sequenceLength: 3 })).toThrow('give one');
    expect(run({ alpha: 1 }, { sequenceLength: 1.5 })).toThrow('no rows of sequenceLength 1.5');
    expect(run({ alpha: 1 }, { sequenceIds: [0, Number.NaN, 0] })).toThrow('sequenceIds[1] must');
  });
});

describe('molLoss', () => {
  const data = { roles, logprobs: [-1, -1, 0], kl: [0, 1, 0] };
  const loss = (more: object, options: object = { alpha: 1 }) => {
    return () => molLoss({ ...data, ...more }, options as MolWeightsOptions);
  };

  test('NaN is an error that names its place, also where a component is only measured', () => {
    expect(loss({ kl: [0, Number.NaN, 0] })).toThrow('KL is NaN at token 1');
    expect(loss({ kl: [0, Number.NaN, 0] }, { alpha: 0 })).toThrow('KL is NaN at token 1');
    expect(loss({ logprobs: [-1, Number.NaN, 0] })).toThrow('logprobs is NaN at token 1');
    expect(loss({ kl: [0, null, 0] })).toThrow('KL is null at token 1');
    expect(loss({ logprobs: [Number.NaN, -1, 0] })).toThrow('role environment');
  });

  test('probabilities in place of log-probs are refused', () => {
    expect(loss({ logprobs: [0.5, -1, 0] })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molLoss: logprobs is 0.5 at token 0 (sequence 0, role environment). A log-prob is at most 0: are these probabilities?]`,
    );
  });

  test('options that belong to logits are refused', () => {
    expect(loss({}, { alpha: 1, temperature: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molLoss: has no temperature: logprobs and kl come ready. Apply it where they are computed, or use molLossFromLogits.]`,
    );
    expect(loss({ logProbs: [] })).toThrow("unknown data field 'logProbs'");
  });
});

describe('molLossFromLogits', () => {
  const data = {
    logits: [0, 0, 1, 0],
    refLogits: [0, 0, 0, 0],
    targets: [1, -100],
    roles: ['environment', 'general'] as Role[],
  };
  const run = (more: object, options: object = {}) => {
    return () => molLossFromLogits({ ...data, ...more }, { alpha: 1, ...options });
  };

  test('checks what the row functions check', () => {
    expect(run({}, { temperature: -1 })).toThrow('temperature must be a number > 0, got -1');
    expect(run({}, { klTemperature: 0 })).toThrow(
      'klTemperature must be a number > 0 and <= 1e+100, got 0',
    );
    expect(run({}, { divergence: 'jsd', jsdBeta: 1.5 })).toThrow('jsdBeta must be a number >= 0');
    expect(run({}, { scaleByKlTemperature: 'false' })).toThrow('must be true or false');
    expect(run({ refLogits: [0, 0, Number.NaN, 0] })).toThrow(
      'refLogits of token id 0 is NaN at token 1 (sequence 0, role general)',
    );
    expect(run({ logits: undefined })).toThrow('logits must be an array, got undefined');
  });

  test('jsd at its ends is the KL', () => {
    const at = (options: object) => run({}, options)();
    expect(at({ divergence: 'jsd', jsdBeta: 1 })).toEqual(at({ divergence: 'reverse' }));
    expect(at({ divergence: 'jsd', jsdBeta: 0 })).toEqual(at({ divergence: 'forward' }));
  });

  test('a row whose target is no token has no negative log-prob to log', () => {
    expect(run({})().metrics).not.toHaveProperty('mol/nll_general');
  });
});
