import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MolLossData, molLoss } from './molLoss.ts';
import { molLossFromLogits } from './molLossFromLogits.ts';
import { molTotals } from './molTotals.ts';
import { molWeights } from './molWeights.ts';
import type { Role } from './roles.ts';

const ROLES: Role[] = ['environment', 'assistant', 'general', 'ignore'];
const REPLAY = { mixture: { environment: { ce: 1 }, general: { ce: 1 } } } as const;

const batches: fc.Arbitrary<MolLossData & { roles: Role[] }> = fc
  .array(
    fc.record({
      logprob: fc.double({ min: -9, max: 0, noNaN: true }),
      kl: fc.double({ min: 0, max: 3, noNaN: true }),
      role: fc.constantFrom(...ROLES),
      id: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((tokens) => ({
    logprobs: tokens.map(({ logprob }) => logprob),
    kl: tokens.map(({ kl }) => kl),
    roles: tokens.map(({ role }) => role),
    sequenceIds: tokens.map(({ id }) => id),
  }));

describe('mixture', () => {
  test('replay is CE on both roles: a mean over sequences of token means each', () => {
    const data = {
      logprobs: [-2, -4, -1, -3, -5],
      roles: ['environment', 'environment', 'general', 'general', 'assistant'] as Role[],
      sequenceIds: [0, 0, 1, 2, 0],
    };
    const { loss, logprobGradient, klGradient, metrics } = molLoss(data, REPLAY);
    expect(loss).toBe((2 + 4) / 2 + (1 + 3) / 2);
    expect(Array.from(logprobGradient)).toEqual([-0.5, -0.5, -0.5, -0.5, 0]);
    expect(Array.from(klGradient)).toEqual([0, 0, 0, 0, 0]);
    expect(metrics).toMatchObject({
      'mol/ce': 10 / 4,
      'mol/ce_environment': 3,
      'mol/ce_general': 2,
      'mol/ce_tokens': 4,
      'mol/kl': 0,
      'mol/kl_tokens': 0,
    });
    expect(metrics).not.toHaveProperty('mol/kl_general');
  });

  test('the gradient of a role is in the term that it has', () => {
    const data: MolLossData = {
      logprobs: [-2, -1, -3],
      kl: [0.5, 0.25, 0.125],
      roles: ['environment', 'assistant', 'general'],
    };
    const mixture = { environment: { kl: 2 }, assistant: { ce: 3 }, general: { kl: 4 } };
    const result = molLoss(data, { mixture });
    expect(result.loss).toBe(2 * 0.5 + 3 * 1 + 4 * 0.125);
    expect(Array.from(result.logprobGradient)).toEqual([0, -3, 0]);
    expect(Array.from(result.klGradient)).toEqual([2, 0, 4]);
    expect(result.metrics).toMatchObject({ 'mol/ce': 1, 'mol/kl': (0.5 + 0.125) / 2 });
    expect(result.metrics['mol/kl_max']).toBe(0.5);
  });

  test('alpha is the short form of a mixture, bit for bit', () => {
    fc.assert(
      fc.property(batches, fc.double({ min: 0, max: 2, noNaN: true }), (data, alpha) => {
        const mixture = {
          environment: { ce: 1.5 },
          assistant: { kl: alpha },
          general: { kl: alpha },
        };
        const short = molLoss(data, { alpha, environmentWeight: 1.5 });
        expect(molLoss(data, { mixture })).toEqual(short);
      }),
    );
  });

  test('replay is what CE in a KL slot with alpha 1 gives, bit for bit', () => {
    fc.assert(
      fc.property(batches, (given) => {
        const roles = given.roles.map((role): Role => (role === 'assistant' ? 'ignore' : role));
        const data = { ...given, roles };
        const ce = Array.from(data.logprobs, (logprob) => -logprob);
        const trick = molLoss({ ...data, kl: ce }, { alpha: 1 });
        const { kl: _, ...plain } = data;
        const replay = molLoss(plain, REPLAY);
        expect(replay.loss).toBe(trick.loss);
        expect(replay.components).toEqual(trick.components);
        expect(Array.from(replay.logprobGradient)).toEqual(
          Array.from(trick.logprobGradient, (slope, i) => slope - trick.klGradient[i]!),
        );
        expect(replay.metrics['mol/ce_environment']).toBe(trick.metrics['mol/ce']);
        expect(replay.metrics['mol/ce_general']).toBe(trick.metrics['mol/kl_general']);
      }),
    );
  });

  test('from logits: the loss of per-token values, and the slope of finite differences', () => {
    const logits = [0.3, -1, 0.4, 1, 0.2, -0.7, -0.2, 0.8, 0.1];
    const refLogits = [0, 0.5, 0.1, 0.3, 0.3, 0, 1, -1, 0.2];
    const roles: Role[] = ['environment', 'assistant', 'general'];
    const data = { refLogits, targets: [2, 0, 1], roles };
    for (const mixture of [
      { environment: { ce: 1 }, general: { ce: 0.5 } },
      { environment: { kl: 0.3 }, assistant: { ce: 2 }, general: { kl: 0.7 } },
    ]) {
      const { loss, gradient, terms } = molLossFromLogits({ ...data, logits }, { mixture });
      const values = { logprobs: Array.from(terms, (term) => -term), kl: terms, roles };
      expect(molLoss(values, { mixture }).loss).toBeCloseTo(loss, 12);
      for (let v = 0; v < logits.length; v++) {
        const at = (step: number) =>
          molLossFromLogits({ ...data, logits: logits.with(v, logits[v]! + step) }, { mixture })
            .loss;
        expect(gradient[v]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8);
      }
    }
  });

  test('replay from logits tells what was forgotten', () => {
    const data = { logits: [0, 0], refLogits: [1, 0], targets: [0], roles: ['general'] as Role[] };
    const { metrics } = molLossFromLogits(data, { mixture: { general: { ce: 1 } } });
    expect(metrics['mol/forgetting']).toBeCloseTo(Math.LN2 - Math.log(1 + Math.exp(-1)), 12);
  });

  test('parts add up to the whole, also with joint sizes: roles without an entry are in no total', () => {
    const normalizer = fc.constantFrom('sequence', 'token', 'sequence-joint', 'token-joint');
    fc.assert(
      fc.property(batches, batches, normalizer, (a, b, by) => {
        const options = { ...REPLAY, normalizer: by } as const;
        const totals = molTotals([a, b], options);
        const parts = [a, b].map((part) => molLoss(part, { ...options, totals }).loss);
        const whole = molLoss(
          {
            logprobs: [...Array.from(a.logprobs), ...Array.from(b.logprobs)],
            roles: [...a.roles, ...b.roles],
            sequenceIds: [
              ...Array.from(a.sequenceIds!),
              ...Array.from(b.sequenceIds!, (id) => id + 9),
            ],
          },
          options,
        );
        expect(parts[0]! + parts[1]!).toBeCloseTo(whole.loss, 10);
      }),
    );
  });

  test('a role without an entry is as ignored: NaN there does no harm', () => {
    const roles: Role[] = ['environment', 'assistant'];
    const data = { logprobs: [-1, Number.NaN], roles };
    const mixture = { environment: { ce: 1 } } as const;
    expect(molLoss(data, { mixture }).loss).toBe(1);
    expect(molWeights(data, { mixture, normalizer: 'token-joint' }).sizes.joint.tokens).toBe(1);
  });

  test.each([
    [{ mixture: { environment: { ce: 1 } }, alpha: 1 }, 'option', /mixture and alpha say the same/],
    [{ mixture: { environment: { ce: 1 } }, environmentWeight: 2 }, 'option', /environmentWeight/],
    [{ mixture: { general: { ce: 1, kl: 1 } } }, 'option', /has one of ce and kl, got both/],
    [{ mixture: { general: {} } }, 'missing', /got neither/],
    [{ mixture: {} }, 'missing', /names no role/],
    [{ mixture: { generel: { ce: 1 } } }, 'unknown-name', /general/],
    [{ mixture: { general: { k1: 1 } } }, 'unknown-name', /kl/],
    [{ mixture: { general: { kl: -1 } } }, 'option', /mixture\.general\.kl must be a number >= 0/],
    [{ mixture: { general: { kl: 1 } } }, 'missing', /kl must be an array/],
  ])('%j is an error that says what to give', (options, code, message) => {
    const data = { logprobs: [-1], roles: ['general'] };
    const run = () => molLoss(data as never, options as never);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
