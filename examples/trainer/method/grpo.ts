import { collect, type Environment, type Random, type Trajectory } from '@molrl/ef-env';
import {
  completionMask,
  completionMetrics,
  explainStep,
  filterGroups,
  groupAdvantages,
  logprobMismatch,
  policyLoss,
  rewardMetrics,
  type StepTotals,
  stepTotals,
} from '@molrl/grpo';
import { type Gradients, packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import { learningRateSchedule } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { addGeneralKl } from './generalKl.ts';
import type { Learner, Sequence } from './learner.ts';
import type { Stage, StageStep } from './stage.ts';

/** What is played: single attempts. */
export interface AttemptGame<Task> {
  environment: Environment<Task>;
  nextTask(random: Random): Task;
  /** Longest answer. */
  maxTokens: number;
}

export interface GrpoOptions<Task> {
  game: AttemptGame<Task>;
  /** General data, drawn fresh. */
  nextGeneral(random: Random, count: number): Sequence[];
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

/**
 * Stage 2: GRPO on single attempts without feedback, reward 1 or 0, strictly on-policy. Yields after
 * every update.
 *
 *     L = - sum_tokens ratio * A[p, g] / tokens of the batch          (lossType 'dapo', beta 0)
 */
export async function* grpo<Task>(
  learner: Learner,
  stage: Stage,
  options: GrpoOptions<Task>,
): AsyncGenerator<StageStep> {
  const { game, updates, learningRate, prompts, numGenerations, generalKl, signal } = options;
  const schedule = learningRateSchedule({ type: 'constant', warmupSteps: 3, totalSteps: updates });
  const { policy } = learner;
  for (let step = stage.step; step < updates; step++) {
    const started = performance.now();
    const { random } = stage;
    const tasks = Array.from({ length: prompts }, () => game.nextTask(random));
    const rollouts = await collect(game.environment, policy, {
      tasks,
      groupSize: numGenerations,
      maxTokens: game.maxTokens,
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
      { eosIds: policy.eosIds },
    );
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const totals = stepTotals({ completionMask: all.mask, sequenceLength: all.sequenceLength });
    const rate = learningRate * schedule(step);
    const metrics: Record<string, number> = {
      ...rewardMetrics(rewards, { numGenerations }),
      ...completionMetrics(lengths, truncated),
      learning_rate: rate,
    };

    const general = options.nextGeneral(random, generalKl);
    let gradients: Gradients | undefined;
    if (kept.length > 0) {
      const batch = Array.from(kept, (i) => ({ rollout: rollouts[i]!, advantage: advantages[i]! })); // kept indexes both
      gradients = await policyGradient(learner, batch, { totals, metrics });
    }
    // Also where no group has spread: the base is held in every update.
    if (generalKl > 0) gradients = await addGeneralKl(learner, general, { gradients, metrics });
    if (gradients) {
      const { gradNorm } = await stage.optimizer.step(gradients, {
        learningRate: rate,
        maxGradNorm: 1,
      });
      metrics.grad_norm = gradNorm;
      dispose(gradients);
    }

    stage.endUpdate();
    const ended = performance.now();
    metrics['perf/sample_tokens_per_s'] = tokens / ((sampled - started) / 1000);
    metrics['perf/tokens_per_s'] = tokens / ((ended - started) / 1000);
    yield { step: step + 1, of: updates, metrics, advice: explainStep(metrics) };
  }
}

interface Rollout {
  rollout: Trajectory;
  advantage: number;
}

/** Gradient of the loss over the rollouts of groups with spread; adds its metrics. */
async function policyGradient(
  { model, render }: Learner,
  batch: readonly Rollout[],
  context: { totals: StepTotals; metrics: Record<string, number> },
): Promise<Gradients> {
  const { totals, metrics } = context;
  // Those tokens are trained that the model sampled itself.
  const sequences = batch.map(({ rollout }) => {
    const { ids, sampled } = render(rollout.segments);
    return { ids, roles: Array.from(sampled, (own) => (own ? 'assistant' : 'ignore')) };
  });
  const packed = packedBatch(sequences);
  const targets = selectTargets(packed, sequences);
  const { logprobs, backward } = await scoreTargets(model, packed, targets);

  // The targets are the sampled tokens, so those of all completions in order.
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
  return backward({ logprobs: gradient });
}

/** What the policy sampled, in its one attempt. */
function completionOf({ segments }: Trajectory): {
  ids: ArrayLike<number>;
  logprobs: ArrayLike<number>;
} {
  const tokens = segments.find(({ kind }) => kind === 'policy')?.tokens;
  if (!tokens?.logprobs) throw new Error('grpo: the policy attached no tokens and log-probs.');
  return { ids: tokens.ids, logprobs: tokens.logprobs };
}
