// Where every arm on equations starts, with a model from outside: the form of the work, and plain skills that may be forgotten.
//
//     npm run train -- --config examples/trainer/courses/equations.ts --model SmolLM2-135M-Instruct.Q4_1.gguf --export merged --out runs/equations
//     npm run compare -- --models runs/equations/model --domains equations-chat --lora 16 --rates 1e-3 --methods base,grpo,mol
import { fileURLToPath } from 'node:url';
import type { TrainerConfig } from '../config/schema.ts';

export default {
  environment: fileURLToPath(new URL('equationsEnvironment.ts', import.meta.url)),
  lora: 16,
  stages: ['sft', 'eval'],
  sft: { updates: 32, batchSize: 8, learningRate: 3e-4, lrSchedulerType: 'linear' },
  eval: { tasks: 64, onStart: false, maxCompletionLength: 40 },
} satisfies TrainerConfig;
