// SmolLM2-135M-Instruct learns sums: worked examples bring the form and a start, GRPO the rest.
//
//     npm run train -- --config examples/trainer/courses/sums.ts --model SmolLM2-135M-Instruct.Q4_1.gguf
import { fileURLToPath } from 'node:url';
import type { TrainerConfig } from '../config/schema.ts';

export default {
  environment: fileURLToPath(new URL('sumsEnvironment.ts', import.meta.url)),
  lora: 16,
  stages: ['sft', 'eval', 'grpo', 'eval'],
  sft: { updates: 30, batchSize: 12, learningRate: 3e-4 },
  grpo: {
    ...{ updates: 32, prompts: 8, numGenerations: 8, maxCompletionLength: 8 },
    ...{ dynamicSampling: 3, learningRate: 2e-4 }, // a quarter to half of the groups have equal rewards
  },
  eval: { tasks: 64 },
} satisfies TrainerConfig;
