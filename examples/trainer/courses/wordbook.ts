// Where every arm of the second evidence starts: the form of the answers, and plain skills that may be forgotten.
//
//     npm run train -- --config examples/trainer/courses/wordbook.ts --model SmolLM2-135M-Instruct.Q4_1.gguf --export merged --out runs/start
//     npm run compare -- --models runs/start/model --domains wordbook --lora 16 --rates 1e-3 --methods base,grpo,ce,mol
import { fileURLToPath } from 'node:url';
import type { TrainerConfig } from '../config/schema.ts';

export default {
  environment: fileURLToPath(new URL('wordbookEnvironment.ts', import.meta.url)),
  lora: 16,
  stages: ['sft', 'eval'],
  sft: { updates: 40, batchSize: 8, learningRate: 3e-4, lrSchedulerType: 'linear' },
  eval: { tasks: 64, onStart: false },
} satisfies TrainerConfig;
