import { codewords, codewordsTask, collect, type Trajectory } from '@molrl/ef-env';
import {
  completionMask,
  completionMetrics,
  filterGroups,
  groupAdvantages,
  logprobMismatch,
  policyLoss,
  rewardMetrics,
  type StepTotals,
  stepTotals,
} from '@molrl/grpo';
import { packedBatch, renderSegments } from '@molrl/qwen3';
import { learningRateSchedule } from '@molrl/tensor-gpu';
import { forwardTargets, type Gradients } from '../forwardTargets.ts';
import { addGeneralKl } from './generalKl.ts';
import type { Lab } from './lab.ts';
import { generalSequences, type TrainingSequence, targetsOf } from './sequences.ts';
import type { Stage, StageStep } from './stage.ts';

export interface GrpoOptions {
  updates: number;
  learningRate: number;
  /** P */
  prompts: number;
  /** G */
  numGenerations: number;
  /** General sequences that every update holds to the base by KL (weight 1), also one whose groups all have no spread; 0 = none. */
  generalKl: number;
  signal?: AbortSignal | undefined;
}

/** Longest answer; three words need 35 tokens. */
const MAX_TOKENS = 52;

/**
 * Stage 2: GRPO on single attempts without feedback, reward 1 or 0, strictly on-policy. Yields after
 * every update.
 *
 *     L = - sum_tokens ratio * A[p, g] / tokens of the batch          (lossType 'dapo', beta 0)
 */
export async function* grpo(
  lab: Lab,
  stage: Stage,
  options: GrpoOptions,
): AsyncGenerator<StageStep> {
  const { updates, learningRate, prompts, numGenerations, generalKl, signal } = options;
  const schedule = learningRateSchedule({ type: 'constant', warmupSteps: 3, totalSteps: updates });
  const { eosIds } = lab.policy;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const { random } = stage;
    const tasks = Array.from({ length: prompts }, () =>
      codewordsTask(random, { split: 'train', minWords: 2 }),
    );
    const rollouts = await collect(codewords({ feedback: 'none' }), lab.policy, {
      tasks,
      groupSize: numGenerations,
      maxTokens: MAX_TOKENS,
      temperature: 1,
      seed: random.integer(2 ** 32),
      signal,
    });
    const sampled = performance.now();

    const rewards = rollouts.map(({ reward }) => reward);
    const advantages = groupAdvantages(rewards, { numGenerations });
    const { kept } = filterGroups(rewards, { numGenerations });
    const { lengths, truncated, ...all } = completionMask(
      rollouts.map((rollout) => completionOf(rollout).ids),
      { eosIds },
    );
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const totals = stepTotals({ completionMask: all.mask, sequenceLength: all.sequenceLength });
    const rate = learningRate * schedule(step);
    const metrics: Record<string, number> = {
      ...rewardMetrics(rewards, { numGenerations }),
      ...completionMetrics(lengths, truncated),
      learning_rate: rate,
    };

    const general = generalSequences(lab, random, generalKl);
    let gradients: Gradients | undefined;
    if (kept.length > 0) {
      const batch = Array.from(kept, (i) => ({ rollout: rollouts[i]!, advantage: advantages[i]! })); // kept indexes both
      gradients = await policyGradient(lab, stage, batch, { totals, metrics });
    }
    // Also where no group has spread: the base is held in every update.
    if (generalKl > 0) gradients = await addGeneralKl(lab, stage, general, gradients, metrics);
    if (gradients) {
      const { gradNorm } = await stage.optimizer.step(gradients.byName, {
        learningRate: rate,
        maxGradNorm: 1,
      });
      metrics.grad_norm = gradNorm;
      gradients.dispose();
    }

    stage.endUpdate();
    const ended = performance.now();
    metrics['perf/sample_tokens_per_s'] = tokens / ((sampled - started) / 1000);
    metrics['perf/tokens_per_s'] = tokens / ((ended - started) / 1000);
    yield { step: step + 1, of: updates, metrics };
  }
}

interface Rollout {
  rollout: Trajectory;
  advantage: number;
}

/** Gradient of the loss over the rollouts of groups with spread; adds its metrics. */
async function policyGradient(
  lab: Lab,
  stage: Stage,
  batch: readonly Rollout[],
  context: { totals: StepTotals; metrics: Record<string, number> },
): Promise<Gradients> {
  const { totals, metrics } = context;
  const sequences = batch.map(({ rollout }) => sampledSequence(rollout, lab));
  const targets = targetsOf(sequences, ['assistant']);
  const scored = await forwardTargets(lab, packedBatch(sequences), targets, { kl: false });

  // The targets are the sampled tokens, so those of all completions in order.
  const { logprobs } = scored;
  const rolloutLogprobs = batch.flatMap(({ rollout }) =>
    Array.from(completionOf(rollout).logprobs, Math.fround),
  );
  const { loss, gradient, ...rest } = policyLoss(
    {
      logprobs,
      advantages: batch.map(({ advantage }) => advantage),
      sequenceIds: targets.sequenceIds,
    },
    // Groups without spread carry no gradient and are not computed, but their tokens count.
    { lossType: 'dapo', beta: 0, ...totals },
  );
  Object.assign(metrics, { loss }, rest.metrics, logprobMismatch(logprobs, rolloutLogprobs));
  return scored.backward(stage.parameters, { logprobs: gradient });
}

/** A rollout as tokens; those the model sampled itself are trained. */
function sampledSequence({ segments }: Trajectory, lab: Lab): TrainingSequence {
  const { ids, sampled } = renderSegments(segments, lab.tokenizer, { format: 'recipe' });
  return { ids, roles: Array.from(sampled, (own) => (own ? 'assistant' : 'ignore')) };
}

/** What the policy sampled: `codewords` without feedback has one attempt. */
function completionOf({ segments }: Trajectory): {
  ids: ArrayLike<number>;
  logprobs: ArrayLike<number>;
} {
  const tokens = segments.find(({ kind }) => kind === 'policy')?.tokens;
  if (!tokens?.logprobs) throw new Error('grpo: the policy attached no tokens and log-probs.');
  return { ids: tokens.ids, logprobs: tokens.logprobs };
}
