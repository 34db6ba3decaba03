import {
  bootstrapMean,
  gPassAtK,
  majorityVote,
  meanGPassAtK,
  passAllK,
  passAtK,
  wilsonInterval,
} from '@molrl/ef-env';
import {
  cosineScaledReward,
  effectiveSampleSize,
  overlongPenalty,
  repetitionPenalty,
  thinkFormatReward,
  tokenLogprobs,
} from '@molrl/grpo';
import { assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** metrics.json. */
export const evaluation = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('metrics', async (run) => {
    const { tolerance } = golden.meta;
    for (const { n, c, k, value } of golden.pass_at_k) {
      await run(`pass@k ${n} ${c} ${k}`, () =>
        assertClose('value', passAtK(n, c, k), value, tolerance),
      );
    }
    for (const { n, c, k, threshold, value } of golden.g_pass_at_k) {
      await run(`g-pass@k ${n} ${c} ${k} ${threshold}`, () =>
        assertClose('value', gPassAtK(n, c, k, threshold), value, tolerance),
      );
    }
    for (const { n, c, k, value } of golden.mg_pass_at_k) {
      await run(`mg-pass@k ${n} ${c} ${k}`, () =>
        assertClose('value', meanGPassAtK(n, c, k), value, tolerance),
      );
    }
    await run('avg@k, pass@k, pass all k', () => {
      const g = golden.avg_at_k;
      const right = g.scores.map((row: number[]) => row.reduce((sum, x) => sum + x, 0));
      const n = g.scores[0].length;
      assertClose('avg', mean(right) / n, g.avg_at_k, tolerance);
      for (const [k, value] of Object.entries(g.pass_at_k)) {
        const got = mean(right.map((c: number) => passAtK(n, c, Number(k))));
        assertClose(`pass@${k}`, got, value, tolerance);
      }
      for (const [k, value] of Object.entries(g.pass_all_k)) {
        const got = mean(right.map((c: number) => passAllK(n, c, Number(k))));
        assertClose(`pass all ${k}`, got, value, tolerance);
      }
    });
    for (const [k, c] of golden.maj_at_k.entries()) {
      await run(`maj@k #${k}`, () =>
        assertClose('value', majorityVote(c.answers) === c.gold ? 1 : 0, c.value, 0),
      );
    }
    for (const { successes, n, confidence, interval } of golden.wilson) {
      await run(`wilson ${successes}/${n} ${confidence}`, () =>
        assertClose('interval', wilsonInterval(successes, n, confidence), interval, tolerance),
      );
    }
    await run('bootstrap', () => {
      const { values, indices, percentile_linear, std_error_ddof1 } = golden.bootstrap;
      for (const [confidence, interval] of Object.entries(percentile_linear)) {
        const got = bootstrapMean(values, indices, Number(confidence));
        assertClose('interval', got.interval, interval, tolerance);
        assertClose('standard error', got.standardError, std_error_ddof1, tolerance);
      }
    });
    await run('entropy', () => {
      const { z, entropy } = golden.entropy;
      const got = tokenLogprobs({ logits: flat(z), targets: z.map(() => 0) });
      assertClose('entropy', got.entropies, entropy, tolerance);
    });
    for (const [k, c] of golden.ess.entries()) {
      await run(`ess #${k}`, () => {
        const ess = effectiveSampleSize(c.weights);
        assertClose('ess', ess, c.ess, tolerance);
        assertClose('fraction', ess / c.weights.length, c.ess_fraction, tolerance);
      });
    }
  });

/** rewards.json: all but the accuracy rewards (envRewards.ts). */
export const rewards = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('rewards/shaping', async (run) => {
    const { tolerance } = golden.meta;
    for (const [k, c] of golden.think_format.entries()) {
      await run(`think format #${k}`, () =>
        assertClose('value', thinkFormatReward(c.text), c.value, tolerance),
      );
    }
    for (const [k, c] of golden.cosine.entries()) {
      await run(`cosine #${k}`, () => {
        const { args } = c;
        // The file's three judgements: equal boxes, other boxes, a gold answer that is no number.
        const judged = /\d/.test(c.solution) ? c.text === `\\boxed{${c.solution}}` : null;
        const got = cosineScaledReward(judged, c.length, {
          maxLength: args.max_len,
          minValueWrong: args.min_value_wrong,
          maxValueWrong: args.max_value_wrong,
          minValueCorrect: args.min_value_correct,
          maxValueCorrect: args.max_value_correct,
        });
        assertClose('value', [got], [c.value], tolerance);
      });
    }
    for (const [k, c] of golden.repetition.entries()) {
      await run(`repetition #${k}`, () => {
        const { ngram_size: ngramSize, max_penalty: maxPenalty } = c.args;
        const got = repetitionPenalty(c.completion_ids, { ngramSize, maxPenalty });
        assertClose('value', got, c.value, tolerance);
      });
    }
    for (const [k, c] of golden.soft_overlong.entries()) {
      await run(`soft overlong #${k}`, () => {
        const { max_completion_len: maxCompletionLength, soft_punish_cache: softPunishCache } = c;
        const got = overlongPenalty(c.length, { maxCompletionLength, softPunishCache });
        assertClose('value', got, c.value, tolerance);
      });
    }
    await run('a positive penalty is refused', () => {
      let refused = false;
      try {
        repetitionPenalty([1], { maxPenalty: 0.1 });
      } catch {
        refused = true;
      }
      assertClose(
        'refused',
        refused ? 1 : 0,
        golden.repetition_positive_max_penalty_error ? 1 : 0,
        0,
      );
    });
  });
