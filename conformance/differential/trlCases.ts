import type { Random } from '@molrl/ef-env';
import {
  combineRewards,
  gdpoAdvantages,
  groupAdvantages,
  isStdZero,
  policyLoss,
  type RolloutCorrectionMode,
  rlooAdvantages,
  rolloutCorrection,
} from '@molrl/grpo';
import type { Golden } from '../lossesSuite.ts';
import { trlOptions } from '../lossesTrl.ts';
import type { DifferentialCase, Exemption } from './differences.ts';
import { caseRandom, normal, randomBatch, trainedMask } from './randomBatch.ts';

const LOSSES = ['grpo', 'bnpo', 'dr_grpo', 'dapo', 'cispo', 'sapo', 'luspo', 'vespo', 'gmpo'];
const MODES = ['token_truncate', 'token_mask', 'sequence_truncate', 'sequence_mask'] as const;
/** Losses whose ratio is clipped by epsilon. */
const CLIPPED = ['grpo', 'bnpo', 'dr_grpo', 'dapo', 'luspo'];

export const trlExemptions: Exemption[] = [
  {
    keys: /^metrics\./,
    when: ({ data }) => !data.mask.some((keep: number, i: number) => keep * data.tool_mask[i] > 0),
    reason: 'a batch without a trained token: TRL divides 0 by 0 in its metrics, ours are 0',
  },
  {
    keys: /^metrics\./,
    when: ({ length }) => length === 1,
    reason: 'T = 1: TRL takes [B, 1] for one value per sequence and averages masked rows too',
  },
];

/** Every third case is no loss: advantages and sampler corrections in turn. */
export function trlCases(seed: number, count: number): DifferentialCase[] {
  return Array.from({ length: count }, (_, index) => {
    const random = caseRandom(seed, index);
    if (index % 6 === 4) return advantagesCase(random);
    if (index % 6 === 5) return correctionCase(random);
    return lossCase(random);
  });
}

const maybe = <T>(random: Random, share: number, value: () => T): T | undefined =>
  random.next() < share ? value() : undefined;

const clipBounds = (random: Random): [number, number | null] =>
  random.choice([
    [3, null],
    [1.2, 0.85],
    [2, 0.5],
  ]);

function lossArguments(random: Random, loss: string, hasOld: boolean): Record<string, Golden> {
  const isGmpo = loss === 'gmpo';
  const level = random.choice(['token', 'sequence']);
  const args: Record<string, Golden> = {
    loss_type: loss,
    beta: random.choice([0, 0, 0.04, 1]),
    top_entropy_quantile: isGmpo ? undefined : maybe(random, 0.2, () => 0.1 + 0.8 * random.next()),
    off_policy_mask_threshold:
      hasOld && !isGmpo ? maybe(random, 0.15, () => random.next()) : undefined,
    entropy_coef: isGmpo ? undefined : maybe(random, 0.2, () => 0.02 * random.next()),
  };
  if (!isGmpo) args.use_bias_correction_kl = random.next() < 0.5;
  if (loss === 'dr_grpo') args.max_completion_length = 4 + random.integer(20);
  if (CLIPPED.includes(loss) || isGmpo) {
    args.epsilon = random.choice([3e-4, 0.2, 0.5]);
    args.epsilon_high = random.choice([undefined, 4e-4, 0.28, 0.6]);
  }
  if (CLIPPED.includes(loss)) {
    args.importance_sampling_level = level;
    args.delta = maybe(random, 0.2, () => random.choice([1.05, 1.3, 4]));
  }
  if (loss === 'cispo') args.epsilon_high = random.choice([0.2, 1.5, 5]);
  if (loss === 'sapo') {
    args.sapo_temperature_pos = random.choice([0.5, 1, 2]);
    args.sapo_temperature_neg = random.choice([1.05, 3]);
  }
  if (loss === 'vespo') {
    args.vespo_k_pos = random.choice([1.5, 2]);
    args.vespo_lambda_pos = random.choice([1, 3]);
    args.vespo_k_neg = random.choice([2, 3]);
    args.vespo_lambda_neg = random.choice([0.5, 2]);
  }
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

function lossCase(random: Random): DifferentialCase {
  const loss = random.choice(LOSSES);
  const isGmpo = loss === 'gmpo';
  const batch = randomBatch(random, {
    advantages: isGmpo ? 'row' : 'either',
    emptyRows: true,
    holes: true,
  });
  const hasOld = random.next() < 0.8;
  const args = lossArguments(random, loss, hasOld);
  const offPolicy = args.off_policy_mask_threshold !== undefined;
  // vespo takes one weight per sequence in the sequence modes only where the ratio is one per sequence too
  const isCorrected = hasOld && !isGmpo && !offPolicy && random.next() < 0.3;
  const mode = random.choice(MODES);
  const correction = isCorrected ? ([mode, ...clipBounds(random)] as const) : undefined;
  const steps = isGmpo ? 1 : random.choice([1, 1, 2, 4]);
  const mask = trainedMask(batch);
  const numItems = Math.max(
    mask.reduce((a, b) => a + b, 0),
    random.integer(200),
  );
  const question = {
    kind: 'loss',
    length: batch.sequenceLength,
    args: steps === 1 ? args : { ...args, steps_per_generation: steps },
    steps,
    num_items: steps === 1 ? null : numItems,
    correction: correction ?? null,
    data: {
      new_logps: batch.logprobs,
      old_logps: hasOld ? batch.oldLogprobs : null,
      ref_logps: batch.refLogprobs,
      sampling_logps: batch.rolloutLogprobs,
      entropies: batch.entropies,
      advantages: batch.advantages,
      mask: batch.completionMask,
      tool_mask: batch.toolMask,
    },
  };
  return { question, ours };

  function ours() {
    const { sequenceLength, rolloutLogprobs } = batch;
    const oldLogprobs = hasOld ? batch.oldLogprobs : undefined;
    const weights =
      correction &&
      rolloutCorrection(
        { oldLogprobs: batch.oldLogprobs, rolloutLogprobs, completionMask: mask, sequenceLength },
        { mode: correction[0], clipMax: correction[1], clipMin: correction[2] },
      );
    const counts = { gradientAccumulationSteps: steps, numItemsInBatch: numItems };
    const { loss, gradient, entropyGradient, metrics } = policyLoss(
      {
        logprobs: batch.logprobs,
        ...(oldLogprobs && { oldLogprobs }),
        ...(args.beta && { refLogprobs: batch.refLogprobs }),
        ...(offPolicy && { rolloutLogprobs }),
        ...(weights && { importanceWeights: weights.sequenceWeights ?? weights.weights }),
        entropies: batch.entropies,
        advantages: batch.advantages,
        completionMask: mask,
        sequenceLength,
      },
      { ...trlOptions(args), ...(steps > 1 && counts) },
    );
    return {
      loss,
      gradient,
      metrics,
      ...(args.entropy_coef && { entropyGradient: entropyGradient ?? mask.map(() => 0) }),
    };
  }
}

function advantagesCase(random: Random): DifferentialCase {
  const numGenerations = 1 + random.integer(6);
  const groups = 1 + random.integer(4);
  const functions = 1 + random.integer(3);
  const scale = random.choice([1e-3, 1, 100]);
  const reward = (): number | null => {
    if (random.next() < 0.15) return null;
    return scale * (random.next() < 0.5 ? random.integer(2) : normal(random));
  };
  const columns = Array.from({ length: functions }, () =>
    Array.from({ length: groups * numGenerations }, reward),
  );
  for (const column of columns) if (random.next() < 0.3) column.fill(column[0]!, 0, numGenerations);
  const weights = random.next() < 0.5 ? null : columns.map(() => random.choice([0, 0.5, 1, -1]));
  const estimator = random.choice(['group', 'group', 'rloo'] as const);
  const question = {
    kind: 'advantages',
    estimator,
    rewards: columns[0]!.map((_, i) => columns.map((column) => column[i])),
    weights,
    num_generations: numGenerations,
    scale_rewards: random.choice(['group', 'batch', 'none'] as const),
    aggregation: random.choice(['sum_then_normalize', 'normalize_then_sum']),
    normalize: random.next() < 0.5,
    clip: random.choice([null, [-1, 1]]) as [number, number] | null,
  };
  const grouping = { numGenerations };
  return {
    question,
    ours() {
      const total = combineRewards(columns, weights ?? undefined);
      if (estimator === 'rloo') {
        const { normalize, clip } = question;
        const options = { normalizeAdvantages: normalize, ...(clip && { rewardClipRange: clip }) };
        return { advantages: rlooAdvantages(total, { ...grouping, ...options }) };
      }
      if (question.aggregation === 'normalize_then_sum') {
        const options = { ...grouping, weights: weights ?? undefined };
        return { advantages: gdpoAdvantages(columns, options) };
      }
      const options = { ...grouping, scaleRewards: question.scale_rewards };
      return {
        advantages: groupAdvantages(total, options),
        isStdZero: isStdZero(total, options),
        rewards: total.map((value) => value ?? Number.NaN),
      };
    },
  };
}

function correctionCase(random: Random): DifferentialCase {
  const batch = randomBatch(random, { advantages: 'row', emptyRows: true, holes: true });
  const mask = trainedMask(batch);
  const correction = [random.choice(MODES), ...clipBounds(random)] as const;
  const sampling = batch.rolloutLogprobs.map((x) => (random.next() < 0.05 ? Number.NaN : x));
  const { oldLogprobs, sequenceLength } = batch;
  return {
    question: {
      kind: 'correction',
      length: sequenceLength,
      old: oldLogprobs,
      sampling: sampling.map((x) => (Number.isNaN(x) ? null : x)),
      mask,
      correction,
    },
    ours() {
      const [mode, clipMax, clipMin] = correction;
      const { weights, sequenceWeights, metrics } = rolloutCorrection(
        { oldLogprobs, rolloutLogprobs: sampling, completionMask: mask, sequenceLength },
        { mode: mode as RolloutCorrectionMode, clipMax, clipMin },
      );
      return { weights: sequenceWeights ?? weights, metrics };
    },
  };
}
