import { episodeMetrics } from '@molrl/ef-env';
import {
  completionMetrics,
  type GroupAdvantagesOptions,
  groupAdvantages,
  overlongPenalty,
  type PolicyLossCall,
  rewardMetrics,
} from '@molrl/grpo';
import { type PlayedAhead, playAhead } from './ahead/playAhead.ts';
import type { Learner } from './learner.ts';
import { type PlayGroupsOptions, playGroups } from './playGroups.ts';
import { drawnOtherwise, type Rollouts, readRollouts, sampledEntropy } from './rollouts.ts';
import type { Stage, StageStep, Tuned } from './stage.ts';
import { type UpdateOptions, updateOnRollouts } from './updateOnRollouts.ts';
import { warmUp } from './warmUp.ts';

export interface GrpoOptions<Task> extends PlayGroupsOptions<Task>, Omit<UpdateOptions, 'loss'> {
  /** Default DAPO's, without a KL to the base. */
  loss?: PolicyLossCall | undefined;
  /** Batches of rollouts. */
  updates: number;
  learningRate: number;
  /** Updates by which the weights of rollouts may be behind: above 0 they are played while earlier ones are learned from. Default 0. */
  maxStaleness?: number | undefined;
  /** Multiplier of the rate at each step. Default: 3 steps of warm-up, then constant. */
  schedule?: ((step: number) => number) | undefined;
  /** Default TRL's, `'group'`. */
  scaleRewards?: GroupAdvantagesOptions['scaleRewards'] | undefined;
  /** Tokens below the longest answer in which the reward falls by up to 1. Default 0. */
  overlongCache?: number | undefined;
  /** What was changed by hand so far. */
  tuned?: Tuned | undefined;
  /** Leave completions that were cut out of the loss. Default false. */
  maskTruncatedCompletions?: boolean | undefined;
}

/**
 * Stage 2: GRPO on scored attempts. Yields after every batch of rollouts.
 *
 *     L = - sum_tokens ratio * A[p, g] / tokens of the batch          (lossType 'dapo', beta 0)
 */
export async function* grpo<Task>(
  learner: Learner,
  stage: Stage,
  options: GrpoOptions<Task>,
): AsyncGenerator<StageStep> {
  const { updates, maxStaleness = 0 } = options;
  const ahead =
    maxStaleness > 0
      ? await playAhead(learner, stage, { ...withChanges(options, stage.step), maxStaleness })
      : undefined;
  const rollouts = (now: GrpoOptions<Task>): Promise<PlayedAhead> =>
    ahead ? ahead.next() : playNow(learner, stage, now);
  try {
    while (stage.step < updates) yield await update(learner, stage, { ...options, rollouts });
  } finally {
    ahead?.close();
  }
}

/** One batch of rollouts and what is learned from it. */
async function update<Task>(
  learner: Learner,
  stage: Stage,
  options: GrpoOptions<Task> & { rollouts(now: GrpoOptions<Task>): Promise<PlayedAhead> },
): Promise<StageStep> {
  const { updates, numGenerations, scaleRewards, maskTruncatedCompletions = false } = options;
  const { schedule = warmUp(updates) } = options;
  const { step } = stage;
  const started = performance.now();
  const now = withChanges(options, step);
  const { trajectories, metrics: sampling } = await options.rollouts(now);
  const { eosIds } = learner.policy;
  const rollouts = readRollouts(trajectories, { eosIds, maskTruncatedCompletions });
  const sampled = performance.now();

  const { lengths, truncated } = rollouts;
  const { rewards, metrics: shaping } = shapedRewards(rollouts, options);
  const advantages = groupAdvantages(rewards, { numGenerations, scaleRewards });
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const rate = now.learningRate * schedule(step);
  const metrics: Record<string, number> = {
    ...rewardMetrics(rewards, { numGenerations }),
    ...completionMetrics(lengths, truncated),
    'sampling/entropy': sampledEntropy(rollouts),
    ...drawnOtherwise(rollouts),
    ...shaping,
    ...episodeMetrics(trajectories),
    ...sampling,
    learning_rate: rate,
  };
  const judged = { ...now, rollouts, rewards, advantages, rate };
  const { metrics: moved, values } = await updateOnRollouts(learner, stage, judged);
  Object.assign(metrics, moved);

  stage.endUpdate();
  const ended = performance.now();
  metrics['perf/sample_tokens_per_s'] = tokens / ((sampled - started) / 1000);
  metrics['perf/tokens_per_s'] = tokens / ((ended - started) / 1000);
  const episodes = { trajectories, advantages, values };
  return { step: step + 1, of: updates, metrics, episodes };
}

/** The rollouts of an update by the present weights. */
async function playNow<Task>(
  learner: Learner,
  stage: Stage,
  options: GrpoOptions<Task>,
): Promise<PlayedAhead> {
  const { trajectories, rounds } = await playGroups(learner, stage, options);
  return { trajectories, metrics: { ...(rounds > 1 && { 'sampling/rounds': rounds }) } };
}

/** The options as a person changed them for this update. */
function withChanges<Task>(
  options: GrpoOptions<Task>,
  step: number,
): GrpoOptions<Task> & UpdateOptions {
  const { beta, learningRate, temperature: changed } = options.tuned?.(step) ?? {};
  const temperature = options.maxStaleness ? undefined : changed; // rollouts that are under way have the one of the start
  if (temperature !== changed)
    options.onWarning?.(`grpo: the temperature stays as it was at the start, with maxStaleness.`);
  const loss = options.loss ?? { lossType: 'dapo', beta: 0 };
  return {
    ...options,
    ...(learningRate !== undefined && { learningRate }),
    ...(temperature !== undefined && { temperature }),
    loss: beta === undefined ? loss : ({ ...loss, beta } as PolicyLossCall), // of losses with a KL
  };
}

/** Rewards with the punishment of long answers; `null` stays `null`. */
function shapedRewards<Task>(
  { trajectories, lengths }: Rollouts,
  { overlongCache = 0, game }: GrpoOptions<Task>,
): { rewards: (number | null)[]; metrics: Record<string, number> } {
  const raw = trajectories.map(({ reward }) => reward);
  const valid = raw.filter((reward) => reward !== null).length / raw.length;
  const metrics = { reward_valid: valid };
  if (overlongCache === 0) return { rewards: raw, metrics };
  const limits = { maxCompletionLength: game.maxTokens, softPunishCache: overlongCache };
  const penalties = Array.from(lengths, (length) => overlongPenalty(length, limits));
  return {
    rewards: raw.map((reward, i) => (reward === null ? null : reward + penalties[i]!)), // one each
    metrics: {
      ...metrics,
      'rewards/overlong_penalty/mean': penalties.reduce((sum, x) => sum + x, 0) / penalties.length,
    },
  };
}
