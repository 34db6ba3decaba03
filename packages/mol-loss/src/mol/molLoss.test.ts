import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { molLoss } from './molLoss.ts';
import { molLossFromLogits } from './molLossFromLogits.ts';
import type { Normalizer } from './molWeights.ts';
import { ROLE_CODES, type Role } from './roles.ts';

const NORMALIZERS: Normalizer[] = ['sequence', 'token', 'sequence-joint', 'token-joint'];
const role = fc.constantFrom<Role>('ignore', 'environment', 'assistant', 'general');

/** 12 tokens in 3 sequences. */
const batch = fc.record({
  roles: fc.array(role, { minLength: 12, maxLength: 12 }),
  logprobs: fc.array(fc.double({ min: -8, max: 0, noNaN: true }), { minLength: 12, maxLength: 12 }),
  kl: fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: 12, maxLength: 12 }),
  sequenceLength: fc.constant(4),
});

describe('molLoss', () => {
  test('two KL components hold twice as firmly as one over the same rows', () => {
    const roles: Role[] = ['assistant', 'assistant', 'general', 'general'];
    const data = { roles, logprobs: [0, 0, 0, 0], kl: [1, 1, 1, 1], sequenceLength: 2 };
    const together = { ...data, roles: roles.map(() => 'general' as const) };
    expect(molLoss(data, { alpha: 0.1 }).loss).toBeCloseTo(0.2, 12);
    expect(molLoss(together, { alpha: 0.1 }).loss).toBeCloseTo(0.1, 12);
  });

  test('alpha may differ between the KL components', () => {
    const data = { roles: ['assistant', 'general'] as Role[], logprobs: [0, 0], kl: [1, 2] };
    const { loss, klGradient } = molLoss(data, { alpha: { assistant: 0.1, general: 1 } });
    expect(loss).toBeCloseTo(2.1, 12);
    expect([...klGradient]).toEqual([0.1, 1]);
  });

  test.each(NORMALIZERS)('NaN at tokens that take no part changes nothing (%s)', (normalizer) => {
    fc.assert(
      fc.property(batch, (data) => {
        const options = { alpha: 0.3, normalizer };
        const hidden = {
          ...data,
          logprobs: data.logprobs.map((x, i) => (data.roles[i] === 'ignore' ? Number.NaN : x)),
          kl: data.kl.map((x, i) =>
            data.roles[i] === 'assistant' || data.roles[i] === 'general' ? x : Number.NaN,
          ),
        };
        expect(molLoss(hidden, options)).toEqual(molLoss(data, options));
      }),
    );
  });

  test('a mixture without environment tokens is at a fixed point when the model is the base', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 12, maxLength: 12 }),
        (z) => {
          const data = {
            logits: z,
            refLogits: z,
            targets: [0, 1, 2],
            roles: ['general', 'assistant', 'general'] as Role[],
          };
          const { loss, gradient } = molLossFromLogits(data, { alpha: 1 });
          expect(loss).toBe(0);
          for (const g of gradient) expect(Math.abs(g)).toBe(0);
        },
      ),
    );
  });

  test('logits of tokens without a role are never read', () => {
    fc.assert(
      fc.property(fc.array(role, { minLength: 4, maxLength: 4 }), (roles) => {
        const z = Array.from({ length: 12 }, (_, i) => Math.sin(i));
        const z0 = Array.from({ length: 12 }, (_, i) => Math.cos(i));
        const hide = (values: number[]) =>
          values.map((x, i) => (roles[Math.floor(i / 3)] === 'ignore' ? Number.NaN : x));
        const data = { targets: [0, 1, 2, 0], roles };
        const plain = molLossFromLogits({ ...data, logits: z, refLogits: z0 }, { alpha: 0.5 });
        const hidden = { ...data, logits: hide(z), refLogits: hide(z0) };
        expect(molLossFromLogits(hidden, { alpha: 0.5 })).toEqual(plain);
      }),
    );
  });

  test('roles may be codes', () => {
    const data = { logprobs: [-1, -2], kl: [0, 1], roles: Uint8Array.of(1, 2) };
    expect(ROLE_CODES.assistant).toBe(2);
    const names = { ...data, roles: ['environment', 'assistant'] as Role[] };
    expect(molLoss(data, { alpha: 1 })).toEqual(molLoss(names, { alpha: 1 }));
  });

  test('metrics: means per role, counts, and what was forgotten', () => {
    const { metrics } = molLoss(
      {
        roles: ['environment', 'assistant', 'general', 'general'],
        logprobs: [-3, -1, -2, -4],
        refLogprobs: [-9, -1, -2, -3],
        kl: [9, 0.5, 0.25, 0.75],
      },
      { alpha: 0.1 },
    );
    expect(metrics).toMatchObject({
      'mol/ce': 3,
      'mol/kl': 0.5,
      'mol/kl_max': 0.75,
      'mol/ce_tokens': 1,
      'mol/kl_tokens': 3,
      'mol/nll_general': 3,
      'mol/nll_general_base': 2.5,
      'mol/forgetting': 0.5,
    });
  });

  test('errors name the token, the role and the remedy', () => {
    const data = { roles: ['environment', 'general'] as Role[], logprobs: [-1, -1], kl: [0, 0] };
    const run = (more: object, options: object = { alpha: 1 }) => {
      return () => molLoss({ ...data, ...more }, options as { alpha: number });
    };
    expect(run({ logprobs: [-1] })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molLoss: 2 roles but 1 logprobs.]`,
    );
    expect(run({ roles: ['environment', 'generl'] })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: roles: unknown role 'generl'. Did you mean 'general'? Known: ignore, environment, assistant, general.]`,
    );
    expect(run({ roles: [0, 7] })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: roles: token 1 has code 7. Codes are 0 to 3.]`,
    );
    expect(run({ kl: [0, Number.POSITIVE_INFINITY] })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molLoss: KL is Infinity at token 1 (sequence 0, role general). Look for a target of probability 0, or for NaN in the forward pass.]`,
    );
    expect(run({ sequenceLength: 3 })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molWeights: 2 roles are no rows of sequenceLength 3.]`,
    );
    expect(run({}, { alpha: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molWeights: alpha (assistant) must be a number >= 0, got -1.]`,
    );
    expect(run({}, { alpha: 1, normalizer: 'sequences' })).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molWeights: unknown normalizer 'sequences'. Did you mean 'sequence'? Known: sequence, token, sequence-joint, token-joint.]`,
    );
    expect(() =>
      molLossFromLogits(
        { logits: [0, 0], refLogits: [0, 0], targets: [5], roles: ['environment'] },
        { alpha: 1 },
      ),
    ).toThrowErrorMatchingInlineSnapshot(
      `[MolLossError: molLossFromLogits: target 5 of token 0 is outside the vocabulary of 2.]`,
    );
  });

  test('no token at all gives loss 0', () => {
    const { loss } = molLoss({ roles: ['ignore'], logprobs: [0], kl: [0] }, { alpha: 1 });
    expect(loss).toBe(0);
  });
});
