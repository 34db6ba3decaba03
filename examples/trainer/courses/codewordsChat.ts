// Where every arm on a chat model starts: worked examples of the form and of the plain rules, without a code word. An hour of one core
// for a model of 135 M weights, which after a quarter of it has the form and none of the rules: `wordbook.ts` asks for less.
//
//     npm run train -- --config examples/trainer/courses/codewordsChat.ts --model SmolLM2-135M-Instruct.Q4_1.gguf --export merged --out runs/start
//     npm run compare -- --models runs/start/model --domains codewords-chat --lora 16 --rates 3e-4 --methods base,grpo,ce,mol
import type { TrainerConfig } from '../config/schema.ts';

export default {
  environment: 'codewords-chat',
  lora: 16,
  stages: ['sft', 'eval'],
  sft: { updates: 120, batchSize: 16, learningRate: 1e-3 },
  eval: { tasks: 64 },
} satisfies TrainerConfig;
