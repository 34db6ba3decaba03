import {
  aggregateLoss,
  boundedK3,
  klEstimators,
  policyLoss,
  type Reduction,
  tokenLogprobs,
} from '@molrl/grpo';
import { divergence } from '@molrl/mol-loss';
import { assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** kl.json: estimators and exact KL. */
export const kl = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('kl', async (run) => {
    const { tolerance } = golden.meta;
    const { lp, ref } = golden;
    for (const c of golden.cases) {
      await run(`${c.kind} ${c.clamp ?? ''}`, () => {
        const bounded = c.clamp && boundedK3({ ratio: c.clamp[0], value: c.clamp[1] });
        const plain = klEstimators[c.kind as keyof typeof klEstimators];
        const terms = lp.map((x: number, i: number) => {
          if (!bounded) return plain(x, ref[i]);
          const { value, gradient } = bounded(x, ref[i]);
          return { value, gradient: c.kind === 'k3+' ? x - ref[i] : gradient };
        });
        assertClose(
          'value',
          terms.map((t: Golden) => t.value),
          c.value,
          tolerance,
        );
        assertClose(
          'd_lp',
          terms.map((t: Golden) => t.gradient),
          c.d_lp,
          tolerance,
        );
      });
    }
    const { masked } = golden;
    for (const c of masked.cases) {
      await run(`masked ${c.kind}`, () => {
        const options = { lossType: 'reinforce', beta: 1, reduction: 'token-sum' } as const;
        const data = {
          logprobs: lp,
          refLogprobs: masked.ref,
          advantages: lp.map(() => 0),
          completionMask: masked.mask,
          sequenceLength: lp.length,
        };
        const result = policyLoss(data, {
          ...options,
          klEstimator: c.kind,
          useBiasCorrectionKl: false,
        });
        assertClose('value', result.perTokenLoss, c.value, tolerance);
        assertClose('d_lp', result.gradient, c.d_lp, tolerance);
        assertClose('mean', result.metrics.kl, c.masked_mean, tolerance);
      });
    }
    for (const c of golden.exact.cases) {
      await run(`exact ${c.direction}`, () => {
        golden.exact.z.forEach((z: number[], i: number) => {
          const term = divergence(z, golden.exact.z0[i], { kind: c.direction });
          assertClose(`value[${i}]`, term.value, c.value[i], tolerance);
          assertClose(`d_z[${i}]`, term.gradient, c.d_z[i], tolerance);
        });
      });
    }
  });

/** logprobs.json: log-probs and entropies from logits. */
export const logprobs = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('logprobs', async (run) => {
    for (const c of golden.cases) {
      await run(`temperature ${c.temperature}${c.row_mask ? ' masked' : ''}`, () => {
        const mask = c.row_mask ? flat(golden.row_mask) : undefined;
        const { temperature } = c;
        const data = { logits: flat(golden.logits), targets: flat(golden.index), mask };
        const result = tokenLogprobs(data, { temperature });
        const { tolerance } = golden.meta;
        assertClose('logps', result.logprobs, c.logps, tolerance);
        assertClose('entropy', result.entropies, c.entropy, tolerance);
        const gradient = result.backward(flat(golden.cw), flat(golden.ew));
        assertClose('d_logits', gradient, c.d_logits, tolerance);
      });
    }
  });

/** reductions.json. */
export const reductions = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('reductions', async (run) => {
    const { tolerance, horizon } = golden.meta;
    const loss = flat(golden.loss);
    const sequenceLength = golden.loss[0].length;
    for (const c of golden.cases) {
      await run(`${c.mask} ${c.mode}`, () => {
        const mask = flat(golden.masks[c.mask]);
        const reduction = c.mode as Reduction;
        const options = { sequenceLength, reduction, horizon };
        const got = aggregateLoss(loss, mask, options);
        assertClose('value', got.loss, c.value, tolerance);
        assertClose('d_loss', got.weights, c.d_loss, tolerance);
        const rows = golden.loss.length;
        const live = golden.masks[c.mask].filter((row: number[]) => row.some((x) => x > 0)).length;
        const everyRow = c.mode === 'token-sum-norm' || c.mode === 'seq-mean-token-mean-all';
        const numTokens = mask.reduce((sum, x) => sum + x, 0);
        const totals = { numTokens, numSequences: everyRow ? rows : live };
        for (const [k, parts] of Object.entries<number[]>(c.micro_batches)) {
          const size = loss.length / Number(k);
          parts.forEach((part, i) => {
            const [from, to] = [i * size, (i + 1) * size];
            const options = { sequenceLength, reduction, horizon, ...totals };
            const micro = aggregateLoss(loss.slice(from, to), mask.slice(from, to), options);
            assertClose(`micro ${k}/${i}`, micro.loss, part, tolerance);
          });
        }
      });
    }
    for (const [k, c] of golden.published.entries()) {
      await run(`published #${k}`, () => {
        const got = aggregateLoss(flat(c.loss), flat(c.mask), {
          sequenceLength: c.loss[0].length,
          reduction: c.mode,
          horizon: c.horizon ?? undefined,
        });
        assertClose('value', got.loss, c.value, tolerance);
      });
    }
  });
