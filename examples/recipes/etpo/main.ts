// The curve of docs/methods/etpo.md: a discount between turns, a discount everywhere, and GRPO on as many episodes.
//
//     MOLRL_THREADS=1 node --conditions=@molrl/source --import tsx examples/recipes/etpo/main.ts [updates] [seeds]
import { openCpu } from '@molrl/tensor-gpu';
import { createOptimizer } from '../../trainer/method/createOptimizer.ts';
import { grpo } from '../../trainer/method/grpo.ts';
import { Stage } from '../../trainer/method/stage.ts';
import { type Curve, printCurves } from '../curves.ts';
import { etpo } from '../etpo.ts';
import { BASE, startOf } from '../start.ts';
import { openCritic } from './critic.ts';
import { microwave, wandering } from './microwave.ts';

const [updates = 24, seeds = 3] = process.argv.slice(2).map(Number);
await openCpu();
const { learner, weights, again } = await startOf({
  conversations: Array.from({ length: 256 }, (_, seed) => wandering(seed)),
  ...{ updates: 60, learningRate: 2e-3 },
});
const parameters = learner.model.trainable();
const game = { environment: microwave, nextTask: () => ({}), maxTokens: 6 };
const [learningRate, episodes] = [1e-3, 16];

const withCritic =
  (discount: 'turns' | 'tokens', lambda = 0.95): Curve =>
  async (seed) => {
    again();
    const stage = new Stage(parameters, { name: 'etpo', seed, learningRate });
    const [critic, target] = [await openCritic(BASE, weights), await openCritic(BASE, weights)];
    const optimizer = createOptimizer(critic.trainable(), { learningRate });
    const rewards: number[] = [];
    const options = { game, updates, episodes, discount, lambda };
    const constants = { beta: 0.1, gamma: 0.95, polyak: 0.2 };
    const rates = { learningRate, criticRate: 3e-3, criticSteps: 6 };
    const both = { learner, critics: { critic, target, optimizer } };
    for await (const { metrics } of etpo(both, stage, { ...options, ...constants, ...rates }))
      rewards.push(metrics.reward!); // of every update
    for (const own of [stage, critic, target, optimizer]) own.dispose();
    return rewards;
  };

const byRewards: Curve = async (seed) => {
  again();
  const stage = new Stage(parameters, { name: 'etpo', seed, learningRate });
  const rewards: number[] = [];
  const one = { prompts: 1, numGenerations: episodes, nextGeneral: () => [], generalKl: 0 };
  for await (const { metrics } of grpo(learner, stage, { game, updates, learningRate, ...one }))
    rewards.push(metrics.reward!);
  stage.dispose();
  return rewards;
};

const arms = {
  etpo: withCritic('turns'),
  'discount on tokens': withCritic('tokens'),
  grpo: byRewards,
  'etpo, lambda 0': withCritic('turns', 0),
};
await printCurves({ arms, seeds, every: Math.max(1, Math.floor(updates / 4)) });
process.exit();
