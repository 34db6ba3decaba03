import { generate } from '@molrl/qwen3';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';

/** Samples `newTokens` for each of `sampleBatch` different prompts at temperature 1. */
export function generateTokens(shape: Shape): () => Promise<void> {
  const { sampleBatch, promptLength, newTokens, vocab } = shape;
  const model = benchModel(shape);
  const ids = randomIds(sampleBatch, promptLength, vocab);
  const prompts = Array.from({ length: sampleBatch }, (_, row) =>
    ids.subarray(row * promptLength, (row + 1) * promptLength),
  );
  return async () => {
    const completions = await generate(model, prompts, {
      maxTokens: newTokens,
      seed: 1,
      eosIds: [],
    });
    const tokens = completions.reduce((sum, completion) => sum + completion.ids.length, 0);
    if (tokens !== sampleBatch * newTokens) throw new Error(`generate: ${tokens} tokens`);
  };
}
