import {
  adaptiveEntropyCoef,
  appliedEntropyCoef,
  type CallOptions,
  highEntropyMask,
  type LossOptions,
  type PolicyLossCall,
  type PolicyLossName,
  type PolicyLossResult,
  policyLoss,
  type RolloutCorrectionMode,
  rolloutCorrection,
} from '@molrl/grpo';
import { assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

/** GRPOConfig fields by our option names. */
type LossOption = { [N in PolicyLossName]: keyof LossOptions<N> }[PolicyLossName];

const OPTION_NAMES: Record<string, 'lossType' | keyof CallOptions | LossOption> = {
  loss_type: 'lossType',
  epsilon: 'epsilon',
  epsilon_high: 'epsilonHigh',
  delta: 'delta',
  beta: 'beta',
  use_bias_correction_kl: 'useBiasCorrectionKl',
  importance_sampling_level: 'importanceSamplingLevel',
  max_completion_length: 'maxCompletionLength',
  top_entropy_quantile: 'topEntropyQuantile',
  off_policy_mask_threshold: 'offPolicyMaskThreshold',
  entropy_coef: 'entropyCoef',
  sapo_temperature_pos: 'sapoTemperaturePos',
  sapo_temperature_neg: 'sapoTemperatureNeg',
  vespo_k_pos: 'vespoKPos',
  vespo_lambda_pos: 'vespoLambdaPos',
  vespo_k_neg: 'vespoKNeg',
  vespo_lambda_neg: 'vespoLambdaNeg',
};

/** Fields that are not options of the loss: they were used to make its inputs. */
const ELSEWHERE = /^(vllm_|use_adaptive_entropy$|entropy_target$|steps_per_generation$)/;

/** GRPOConfig arguments as options; an argument without a counterpart is an error, not a silence. */
export function trlOptions(args: Golden): PolicyLossCall {
  const options: Record<string, unknown> = { lossType: 'dapo' };
  for (const [field, value] of Object.entries(args)) {
    const name = OPTION_NAMES[field];
    if (name) options[name] = value;
    else if (!ELSEWHERE.test(field)) throw new Error(`no counterpart for TRL's ${field}`);
  }
  return options as unknown as PolicyLossCall;
}

/** A batch of the file as input of a loss. The effective mask is mask * tool_mask. */
function trlData(batch: Golden) {
  const toolMask = batch.tool_mask ? flat(batch.tool_mask) : undefined;
  const optional = (name: string) => (batch[name] ? flat(batch[name]) : undefined);
  return {
    logprobs: flat(batch.new_logps),
    oldLogprobs: optional('old_logps'),
    refLogprobs: optional('ref_logps'),
    rolloutLogprobs: undefined as Float64Array | undefined,
    importanceWeights: undefined as Float64Array | undefined,
    entropies: flat(batch.entropies),
    advantages: flat(batch.advantages),
    completionMask: flat(batch.mask).map((keep, i) => keep * (toolMask?.[i] ?? 1)),
    sequenceLength: batch.mask[0].length as number,
  };
}

/** trl_grpo_loss.json: the loss, its gradients, its metrics, its intermediate values. */
export const trlLoss = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('trl/grpo_loss', async (run) => {
    const { loss: lossTolerance, grad, metrics } = golden.meta.tolerance;
    for (const c of golden.cases) {
      await run(c.id, () => {
        const { args, context, expected } = c;
        const data = trlData(golden.batches[c.batch]);
        if (c.id.includes('offpolicy')) {
          data.rolloutLogprobs = flat(golden.batches[c.batch].sampling_logps);
        }
        if (c.inputs?.importance_sampling_ratio) {
          data.importanceWeights = flat(c.inputs.importance_sampling_ratio);
        }
        const options: PolicyLossCall = trlOptions(args);
        const steps = (context.training ?? true) ? (context.grad_accum ?? 1) : 1;
        const generations = (context.training ?? true) ? (args.steps_per_generation ?? steps) : 1;
        options.gradientAccumulationSteps = steps;
        options.numItemsInBatch = (expected.num_items_in_batch * steps) / generations;
        let control = { coef: args.entropy_coef ?? 0, lastEntropy: context.last_entropy };
        const target = { target: args.entropy_target };
        if (args.use_adaptive_entropy) options.entropyCoef = appliedEntropyCoef(control, target);
        const result = policyLoss(data, options);
        if (args.use_adaptive_entropy) {
          control = adaptiveEntropyCoef(control, result.metrics.entropy!, target);
          result.metrics.entropy_coef = control.coef;
          assertClose('entropy_coef_after', control.coef, expected.entropy_coef_after, metrics);
          const { last_world_entropy_after: after } = expected;
          assertClose('last_world_entropy_after', control.lastEntropy, after, metrics);
        }
        const { delta = Number.POSITIVE_INFINITY } = args;
        compare(result, expected, data, { lossTolerance, grad, metrics }, delta);
      });
    }
  });

function compare(
  result: PolicyLossResult,
  expected: Golden,
  data: ReturnType<typeof trlData>,
  tolerance: { lossTolerance: number; grad: number; metrics: number },
  delta: number,
): void {
  const { completionMask: mask, sequenceLength } = data;
  const onTokens = (rows: Golden) =>
    flat(
      rows.map((row: number[]) => (row.length === 1 ? Array(sequenceLength).fill(row[0]) : row)),
    );
  assertClose('loss', result.loss, expected.loss, tolerance.lossTolerance);
  assertClose('d_new_logps', result.gradient, expected.d_new_logps, tolerance.grad);
  if (expected.d_entropies) {
    const got = result.entropyGradient ?? [];
    assertClose('d_entropies', got, expected.d_entropies, tolerance.grad);
  }
  const want = onTokens(expected.per_token_loss);
  assertClose('per_token_loss', result.perTokenLoss, want, tolerance.grad, mask);
  if (expected.ratio) {
    const ratio = result.ratio.map((r) => Math.min(r, delta)); // TRL keeps it clamped
    assertClose('ratio', ratio, onTokens(expected.ratio), tolerance.grad, mask);
  }
  for (const [name, value] of Object.entries(expected.metrics)) {
    assertClose(name, result.metrics[name] ?? [], value, tolerance.metrics);
  }
}

/** trl_gmpo_loss.json. */
export const trlGmpo = (golden: Golden, batches: Golden): Promise<SuiteResult> =>
  goldenSuite('trl/gmpo_loss', async (run) => {
    const { loss, grad, metrics } = golden.meta.tolerance;
    for (const c of golden.cases) {
      await run(c.id, () => {
        const { expected } = c;
        const options = { ...trlOptions(c.args), lossType: 'gmpo' } as PolicyLossCall; // TRL's arguments have no exact KL
        const result = policyLoss(trlData(batches[c.batch]), options);
        assertClose('loss', result.loss, expected.loss, loss);
        assertClose('d_new_logps', result.gradient, expected.d_new_logps, grad);
        for (const [name, value] of Object.entries(expected.metrics)) {
          assertClose(name, result.metrics[name] ?? [], value, metrics);
        }
      });
    }
  });

/** trl_grpo_loss.json: importance ratios between sampler and trainer. */
export const trlIsRatio = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('trl/is_ratio', async (run) => {
    for (const c of golden.is_ratio) {
      await run(`${c.batch} ${c.mode} ${c.clip_max} ${c.clip_min}`, () => {
        const batch = golden.batches[c.batch];
        const completionMask = flat(batch.mask);
        const result = rolloutCorrection(
          {
            oldLogprobs: flat(batch.old_logps),
            rolloutLogprobs: flat(batch.sampling_logps),
            completionMask,
            sequenceLength: batch.mask[0].length,
          },
          { mode: c.mode as RolloutCorrectionMode, clipMax: c.clip_max, clipMin: c.clip_min },
        );
        if (result.sequenceWeights) assertClose('ratio', result.sequenceWeights, c.ratio, 1e-8);
        else assertClose('ratio', result.weights, c.ratio, 1e-8, completionMask);
        for (const [name, value] of Object.entries(c.metrics)) {
          assertClose(name, result.metrics[name] ?? [], value, golden.meta.tolerance.metrics);
        }
      });
    }
  });

/** trl_grpo_loss.json: masks of high-entropy tokens. */
export const trlEntropyMask = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('trl/entropy_mask', async (run) => {
    for (const [k, c] of golden.entropy_mask.entries()) {
      await run(`#${k} threshold ${c.threshold}`, () => {
        const entropies = c.entropies ?? golden.batches[c.batch].entropies;
        const mask = c.mask_in ?? golden.batches[c.batch].mask;
        const got = highEntropyMask(flat(entropies), flat(mask), 1 - c.threshold);
        assertClose('mask', got, c.mask, 0);
      });
    }
  });
