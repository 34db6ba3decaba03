// The whole method on the model that ships: collect, MoL, GRPO. `npm start` runs it beside its baselines.
//
//     npm run train -- --config examples/trainer/courses/codewords.ts
import type { TrainerConfig } from '../config/schema.ts';

/** Settings of the base's recipe; alpha and rates were chosen on the validation half. */
export default {
  format: 'recipe',
  environment: 'codewords',
  streams: 'stage',
  stages: ['collect', 'mol', 'eval', 'grpo', 'eval'],
  collect: { episodes: 128, maxTurns: 4, maxCompletionLength: 56 },
  mol: {
    ...{ method: 'mol', alpha: 0.3, updates: 120, batchSize: 8, learningRate: 1e-3 },
    ...{ lrSchedulerType: 'constant_then_linear', warmupSteps: 5, decayRatio: 0.4, minLrRate: 0.1 },
  },
  grpo: {
    ...{ updates: 24, prompts: 16, numGenerations: 8, learningRate: 5e-4 },
    maxCompletionLength: 52, // three words need 35
  },
  eval: { tasks: 256, split: 'test', maxCompletionLength: 56 },
} as const satisfies TrainerConfig;
