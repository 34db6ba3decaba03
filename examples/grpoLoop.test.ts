import { fileURLToPath } from 'node:url';
import { codewords, codewordsTask } from '@molrl/ef-env';
import {
  loadModel,
  loadTokenizer,
  type Qwen3,
  type Qwen3PolicyOptions,
  qwen3Policy,
  renderSegments,
  type Tokenizer,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { beforeAll, expect, test } from 'vitest';
import { grpoLoop } from './grpoLoop.ts';

let [model, tokenizer]: [Qwen3?, Tokenizer?] = [];
beforeAll(async () => {
  await openCpu({ threads: 1 });
  const folder = fileURLToPath(new URL('mol-rl/base', import.meta.url));
  [model, tokenizer] = [await loadModel(folder), await loadTokenizer(folder)];
});

/** The first step. */
async function step(options: Partial<Qwen3PolicyOptions>) {
  const loop = grpoLoop({
    model: model!,
    policy: qwen3Policy(model!, tokenizer!, { format: 'recipe', onWarning: null, ...options }),
    environment: codewords({ feedback: 'none' }),
    nextTask: (random) => codewordsTask(random, { split: 'train', maxWords: 1 }),
    toTokens: (segments) => renderSegments(segments, tokenizer!, { format: 'recipe' }),
    ...{ steps: 1, prompts: 2, numGenerations: 4, maxTokens: 24, learningRate: 1e-6, seed: 1 },
  });
  const { value } = await loop.next();
  return value!;
}

test.each<[string, Partial<Qwen3PolicyOptions>]>([
  ['top-p', { topP: 0.7 }],
  ['top-k', { topK: 2 }],
  ['min-p', { minP: 0.95 }],
  ['a penalty', { repetitionPenalty: 3 }],
])('under %s the loop says that it drew from another distribution', async (_, options) => {
  const { metrics, advice } = await step(options);
  expect(metrics['sampling/behavior_logp_difference/mean']).toBeGreaterThan(0.01);
  expect(metrics['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
  expect(advice.join()).toContain('behaviorLogprobs');
});

test('without them both are the same', async () => {
  const { metrics, advice } = await step({});
  expect(metrics['sampling/behavior_logp_difference/max']).toBe(0);
  expect(metrics['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
  expect(advice.join()).not.toContain('behaviorLogprobs');
});
