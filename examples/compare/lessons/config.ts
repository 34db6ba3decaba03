// Where the methods are to start on the gym families and on sums: the base that ships, after worked examples of other levels.
// After these 400 updates it still solves none (docs/methods/README.md): a beginning for longer lessons or a larger model.
//
//     npm run train -- --config examples/compare/lessons/config.ts --export merged --out runs/lessons
//     npm run compare -- --models runs/lessons/model --domains knights-knaves,binary-matrix,shortest-path,sums
import { fileURLToPath } from 'node:url';
import type { TrainerConfig } from '../../trainer/config/schema.ts';

export default {
  model: fileURLToPath(new URL('../../mol-rl/base', import.meta.url)),
  environment: fileURLToPath(new URL('environment.ts', import.meta.url)),
  stages: ['sft', 'eval'],
  sft: { updates: 400, batchSize: 16, learningRate: 2e-3, lrSchedulerType: 'linear' },
  eval: { tasks: 192, onStart: false },
} satisfies TrainerConfig;
