import { fileURLToPath } from 'node:url';
import { type CodewordsTask, defineEnvironment } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { beforeAll, expect, test } from 'vitest';
import { codewordsGame } from '../games/codewordsGame.ts';
import { grpo } from './grpo.ts';
import type { Learner } from './learner.ts';
import { loadLearner } from './loadLearner.ts';
import { Stage } from './stage.ts';

/** Rewards what differs between attempts, right or wrong. */
const environment = defineEnvironment<CodewordsTask, null>({
  name: 'spread',
  reset: ({ digits, words }) => ({ observation: [digits, ...words].join(' '), state: null }),
  step: (_, action) => ({ reward: Number(/[0-4]$/.test(action.trim())), done: true }),
});

let learner: Learner;
beforeAll(async () => {
  await openCpu({ threads: 1 });
  const model = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));
  learner = await loadLearner({ model, format: 'recipe', lora: { r: 2 } });
});

test.each([1, 2])(
  'at temperature 0.6 sampler and trainer score alike, %i mini-batches',
  async (miniBatches) => {
    const name = `temperature-${miniBatches}`;
    const stage = new Stage(learner.model.trainable(), {
      name,
      seed: 3,
      optim: 'adamw',
      learningRate: 1e-4,
    });
    const options = { updates: 1, learningRate: 1e-4, prompts: 4, numGenerations: 4, miniBatches };
    const { nextTask } = codewordsGame();
    const game = { environment, nextTask, maxTokens: 12 };
    const rest = { nextGeneral: () => [], generalKl: 0, temperature: 0.6 };
    for await (const { metrics } of grpo(learner, stage, { ...options, ...rest, game })) {
      expect(metrics.grad_norm).toBeGreaterThan(0);
      const far = metrics['sampling/sampling_logp_difference/max'] ?? 0; // without old log-probs only
      expect(far).toBeLessThan(1e-3);
      expect(metrics['clip_ratio/region_mean'] ?? 0).toBeLessThan(0.05);
    }
    stage.dispose();
  },
);
