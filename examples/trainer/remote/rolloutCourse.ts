// A short run that tests of servers compare with the same run without one.
import { fileURLToPath } from 'node:url';
import { type CodewordsTask, defineEnvironment } from '@molrl/ef-env';
import type { Sampler } from '@molrl/qwen3';
import { codewordsGame } from '../games/codewordsGame.ts';
import type { Draw } from '../method/episodeSource.ts';
import { grpo } from '../method/grpo.ts';
import type { Learner } from '../method/learner.ts';
import { loadLearner } from '../method/loadLearner.ts';
import { Stage } from '../method/stage.ts';
import { readWeights } from '../method/weights.ts';

/** What is trained. */
export const COURSE_MODEL = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));

/** Rewards what differs between attempts, right or wrong. */
const environment = defineEnvironment<CodewordsTask, null>({
  name: 'spread',
  reset: ({ digits, words }) => ({ observation: [digits, ...words].join(' '), state: null }),
  step: (_, action) => ({ reward: Number(/[0-4]$/.test(action.trim())), done: true }),
});

/** It samples here, or by what is given. */
export const newLearner = (sampler?: Sampler): Promise<Learner> =>
  loadLearner({ model: COURSE_MODEL, format: 'recipe', lora: { r: 2 }, sampler });

/** Three updates of GRPO: losses, the weights afterwards, and how far the two engines' log-probs were apart. */
export async function trainCourse(sampler?: Sampler, temperature = 1, draw?: Draw) {
  const learner = await newLearner(sampler);
  const stage = new Stage(learner.model.trainable(), {
    ...{ name: 'rollouts', seed: 3, optim: 'adamw', learningRate: 1e-2 },
  });
  const options = {
    updates: 3,
    learningRate: 1e-2,
    prompts: 4,
    numGenerations: 4,
    temperature,
    draw,
  };
  const game = { environment, nextTask: codewordsGame().nextTask, maxTokens: 12 };
  const rest = { nextGeneral: () => [], generalKl: 0 };
  const losses: number[] = [];
  const apart: number[] = [];
  for await (const { metrics } of grpo(learner, stage, { ...options, ...rest, game })) {
    losses.push(metrics.loss!);
    apart.push(metrics['sampling/sampling_logp_difference/max'] ?? 0);
  }
  const weights = await readWeights(learner.model.trainable());
  stage.dispose();
  learner.dispose();
  return { losses, weights, apart };
}
