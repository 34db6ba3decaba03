import {
  gmpoLoss,
  type PolicyLossCall,
  policyLoss,
  type Reduction,
  turnRatioLoss,
} from '@molrl/grpo';
import { policyInputs } from './lossesPolicyInputs.ts';
import { assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** Kinds of policy_losses.json: loss type, options, and which of our metrics are theirs. */
const KINDS: Record<
  string,
  { lossType: PolicyLossCall['lossType']; options: (args: Golden) => Golden }
> = {
  vanilla: {
    lossType: 'ppo',
    options: ({ lo, hi, c }) => ({
      epsilon: lo ?? 0.2,
      epsilonHigh: hi ?? 0.2,
      dualClip: c === null ? Number.POSITIVE_INFINITY : (c ?? 3),
    }),
  },
  gspo_token: {
    lossType: 'gspo_token',
    options: ({ lo, hi }) => ({ epsilon: lo ?? 3e-4, epsilonHigh: hi ?? 4e-4 }),
  },
  cispo_verl: {
    lossType: 'cispo',
    options: ({ lo, hi }) => ({ convention: 'verl', epsilon: lo ?? 0.2, epsilonHigh: hi ?? 0.2 }),
  },
  dppo_tv_verl: {
    lossType: 'dppo',
    options: ({ lo, hi, c }) => ({ epsilon: lo ?? 0.2, epsilonHigh: hi ?? 0.2, ratioCap: c ?? 20 }),
  },
  dppo_tv_prime: {
    lossType: 'prime',
    options: ({ lo, hi, kl_tau, adv_tau }) => ({
      epsilon: lo ?? 0.2,
      epsilonHigh: hi ?? 0.2,
      klTau: kl_tau ?? 1e-3,
      advTau: adv_tau ?? 1,
    }),
  },
  ipo_prime: {
    lossType: 'ipo',
    options: ({ thr, kl_tau, adv_tau }) => ({
      epsilon: thr ?? 0.2,
      klTau: kl_tau ?? 1e-3,
      advTau: adv_tau ?? 1,
    }),
  },
  dro: { lossType: 'dro', options: ({ beta }) => ({ droBeta: beta ?? 0.1 }) },
  kl_cov: {
    lossType: 'kl_cov',
    options: ({ frac, coef }) => ({ klCovFraction: frac ?? 0.2, klCovCoef: coef ?? 1 }),
  },
  clip_cov: {
    lossType: 'clip_cov',
    options: ({ lo, hi, lb, ub }) => ({
      epsilon: lo ?? 0.2,
      epsilonHigh: hi ?? 0.2,
      clipCovRange: [lb ?? 0.1, ub ?? 5],
      clipCovFraction: 1,
    }),
  },
};

const METRIC_NAMES: Record<string, string[]> = {
  pg_clipfrac: [
    'clip_ratio/region_mean',
    'cispo_clip_ratio',
    'dppo/masked_mean',
    'clip_cov/zeroed_mean',
  ],
  pg_clipfrac_lower: ['clip_ratio/dual_mean'],
};

/** Intermediates of the generator that the per-token loss already shows. */
const SHOWN_BY_LOSS = ['keep', 'selected', 'cov', 'zeroed'];

function compareMetrics(got: Record<string, number>, expected: Golden): void {
  for (const [name, value] of Object.entries(expected)) {
    if (SHOWN_BY_LOSS.includes(name)) continue;
    const ours = (METRIC_NAMES[name] ?? [name]).find((key) => key in got);
    assertClose(name, ours ? got[ours] : [], value, 1e-8);
  }
}

/** policy_losses.json: losses beyond TRL's. */
export const policyLosses = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('policy_losses', async (run) => {
    const { value: tolerance } = golden.meta.tolerance;
    const inputs = policyInputs(golden);
    for (const [k, c] of golden.cases.entries()) {
      await run(`${c.kind} ${JSON.stringify(c.args)} ${c.adv} #${k}`, () => {
        const kind = KINDS[c.kind];
        if (!kind) throw new Error('no such loss here');
        const given = inputs.withAdvantages(c.adv);
        // In these cases the sampler's log-probs are `old`.
        const data = { ...given, rolloutLogprobs: given.oldLogprobs };
        const options = { lossType: kind.lossType, ...kind.options(c.args) };
        for (const [reduction, want] of Object.entries<Golden>(c.agg)) {
          const result = policyLoss(data, { ...options, reduction: reduction as Reduction });
          assertClose(`${reduction} loss`, result.loss, want.loss, tolerance);
          if (want.d_lp) assertClose('d_lp', result.gradient, want.d_lp, tolerance);
          assertClose('per_token_loss', result.perTokenLoss, c.per_token_loss, tolerance);
          compareMetrics(result.metrics, c.metrics);
        }
      });
    }
    for (const [k, c] of golden.gmpo_verl.entries()) {
      await run(`gmpo_verl #${k}`, () => {
        const { lo: epsilon = 0.4, hi: epsilonHigh = 0.4 } = c.args;
        const data = inputs.withAdvantages('adv_seq');
        const options = { convention: 'verl', logRatioClamp: Number.POSITIVE_INFINITY } as const;
        const result = gmpoLoss(data, { ...options, epsilon, epsilonHigh });
        assertClose('loss', result.loss, c.loss, tolerance);
        assertClose('d_lp', result.gradient, c.d_lp, tolerance);
        const positive = result.metrics['clip_ratio/outside_positive_mean'];
        const negative = result.metrics['clip_ratio/outside_negative_mean'];
        assertClose('pg_clipfrac', positive, c.metrics.pg_clipfrac, tolerance);
        assertClose('pg_clipfrac_lower', negative, c.metrics.pg_clipfrac_lower, tolerance);
      });
    }
    for (const c of golden.rema.cases) {
      await run(`rema ${c.mean} ${c.agg} ${c.adv}`, () => {
        const { lo: epsilon, hi: epsilonHigh, c: dualClip } = golden.rema.args;
        const data = { ...inputs.withAdvantages(c.adv), turns: flat(golden.rema.turn) };
        const options = { turnRatio: c.mean, turnAggregation: c.agg };
        const result = turnRatioLoss(data, { epsilon, epsilonHigh, dualClip, ...options });
        assertClose('loss', result.loss, c.loss, tolerance);
        assertClose('d_lp', result.gradient, c.d_lp, tolerance);
        const rows = result.turns.map((t) => [t.sequence, t.turn, t.ratio, t.advantage, t.loss]);
        assertClose('turns', rows, c.turns, tolerance);
      });
    }
  });
