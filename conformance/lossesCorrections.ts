import {
  crossEntropyLoss,
  effectiveSampleSize,
  type MixtureComponent,
  mixtureLoss,
  ppoLoss,
  primeLoss,
  type RejectionStatistic,
  refKlLoss,
  rejectionMask,
  rolloutCorrection,
  vetoMask,
} from '@molrl/grpo';
import { policyInputs } from './lossesPolicyInputs.ts';
import { assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** policy_losses.json: corrections for the sampler. */
export const corrections = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('corrections', async (run) => {
    const { value: tolerance } = golden.meta.tolerance;
    const { data } = policyInputs(golden);
    const weights = (kind: string, args: Golden) => {
      const [family, level] = kind.split('_');
      const mode = `${level}_${family === 'tis' ? 'truncate' : 'mask'}` as 'token_mask';
      const bounds = { clipMax: args.cap ?? args.hi, clipMin: args.lo ?? null };
      return rolloutCorrection(data, { mode, ...bounds, logRatioClamp: 20 });
    };
    for (const c of golden.is_weights) {
      await run(`${c.kind} ${JSON.stringify(c.args)}`, () => {
        const result = weights(c.kind, c.args);
        assertClose('weights', result.weights, c.weights, tolerance);
        const ess = result.metrics['sampling/ess_fraction'];
        assertClose('ess', ess, c.ess_fraction, tolerance);
        const tokens = data.completionMask.reduce((sum, keep) => sum + keep, 0);
        const same = effectiveSampleSize(result.weights) / tokens;
        assertClose('ess again', same, c.ess_fraction, tolerance);
      });
    }
    for (const c of golden.masks.reject) {
      await run(`reject ${c.option}`, () => {
        const statistic = c.option as RejectionStatistic;
        const result = rejectionMask(data, { statistic, low: c.args.lo, high: c.args.hi });
        assertClose('mask', result.mask, c.mask, 0);
        const { sequenceLength } = data;
        const perRow = c.statistic[0].length === 1;
        const own = perRow
          ? result.statistic.filter((_, i) => i % sequenceLength === 0)
          : result.statistic;
        const mask = perRow ? undefined : data.completionMask;
        assertClose('statistic', own, c.statistic, tolerance, mask);
      });
    }
    await run('geometric', () => {
      const { lo: low, hi: high, mask } = golden.masks.geometric;
      assertClose('mask', rejectionMask(data, { statistic: 'geometric', low, high }).mask, mask, 0);
    });
    await run('veto', () => {
      const { threshold, mask } = golden.masks.veto;
      assertClose('mask', vetoMask(data, { threshold }), mask, 0);
    });
    for (const c of golden.decoupled) {
      await run(`decoupled ${c.weights}`, () => {
        const importanceWeights = weights(c.weights, c.args).weights;
        const options = { dualClip: Number.POSITIVE_INFINITY };
        const result = ppoLoss({ ...data, importanceWeights }, options);
        assertClose('loss', result.loss, c.loss_token_mean, tolerance);
        assertClose('d_lp', result.gradient, c.d_lp, tolerance);
      });
    }
  });

/** policy_losses.json: mixtures of components. */
export const components = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('components', async (run) => {
    const { value: tolerance } = golden.meta.tolerance;
    const { data } = policyInputs(golden);
    for (const c of golden.components) {
      await run(c.id, () => {
        const stream = (rows: Golden) => (rows ? flat(rows) : undefined);
        const parts: Record<string, MixtureComponent> = {
          rl: { loss: primeLoss, weights: stream(c.rl_weights), normalizer: c.scales.rl },
        };
        const more = { ignoreCompletionMask: true };
        if (c.ce_weights) {
          const weights = stream(c.ce_weights);
          parts.ce = { loss: crossEntropyLoss, weights, normalizer: c.scales.ce, ...more };
        }
        if (c.ref_kl_weights) {
          const weights = stream(c.ref_kl_weights);
          parts.ref_kl = { loss: refKlLoss, weights, normalizer: c.scales.ref_kl, ...more };
        }
        const result = mixtureLoss(data, parts);
        assertClose('loss', result.loss, c.loss, tolerance);
        assertClose('d_lp', result.gradient, c.d_lp, tolerance);
        for (const [name, part] of Object.entries(c.parts)) {
          assertClose(name, result.parts[name] ?? [], part, tolerance);
        }
      });
    }
  });
