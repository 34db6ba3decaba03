import { collect, createRandom, mixSeeds } from '@molrl/ef-env';
import { completionMetrics, rewardMetrics } from '@molrl/grpo';
import type { TrainerSettings } from '../../config/schema.ts';
import type { Game } from '../../games/game.ts';
import type { Learner } from '../../method/learner.ts';
import { readRollouts, sampledEntropy } from '../../method/rollouts.ts';
import type { Metrics } from './check.ts';

/** One batch of rollouts by the untrained model, played and scored as GRPO would, with the metrics of an update. */
export async function trialBatch(
  settings: TrainerSettings,
  { policy }: Pick<Learner, 'policy'>,
  game: Game,
): Promise<Metrics> {
  const { prompts, numGenerations, maxCompletionLength, temperature } = settings.grpo;
  const random = createRandom(mixSeeds(settings.seed, 'doctor'));
  const trajectories = await collect(game.environment, policy, {
    tasks: Array.from({ length: prompts }, (_, position) => game.nextTask(random, position)),
    groupSize: numGenerations,
    maxTokens: maxCompletionLength,
    ...{ temperature, seed: random.integer(2 ** 32), onWarning: null },
  });
  const rollouts = readRollouts(trajectories, {
    eosIds: policy.eosIds,
    maskTruncatedCompletions: false,
  });
  const rewards = trajectories.map(({ reward }) => reward);
  return {
    ...rewardMetrics(rewards, { numGenerations }),
    ...completionMetrics(rollouts.lengths, rollouts.truncated),
    'sampling/entropy': sampledEntropy(rollouts),
  };
}
