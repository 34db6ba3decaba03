import { groupAdvantages, policyLoss } from '@molrl/grpo';
import { generate, packedBatch, scoreTargets, selectTargets } from '@molrl/qwen3';
import { adamw } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';

/** Rollouts, a reward that costs nothing, group advantages, one update: what `peers/trl_grpo.py` does. */
export function grpoStep(shape: Shape): () => Promise<void> {
  const { grpoPrompts: P, grpoGenerations: G, grpoNewTokens: N, promptLength, vocab } = shape;
  const model = benchModel(shape);
  const optimizer = adamw(model.trainable(), { learningRate: 1e-4, weightDecay: 0 });
  const promptIds = randomIds(P, promptLength, vocab);
  const prompts = Array.from({ length: P }, (_, p) =>
    promptIds.subarray(p * promptLength, (p + 1) * promptLength),
  );
  const roles = Array.from({ length: promptLength + N }, (_, t) =>
    t < promptLength ? 'ignore' : 'assistant',
  );
  let seed = 0;

  return async () => {
    const completions = await generate(model, prompts, {
      ...{ numGenerations: G, maxTokens: N, temperature: 1, seed: seed++, eosIds: [] },
    });
    const rewards = completions.map(
      ({ ids }) => ids.reduce((even, id) => even + (id % 2 === 0 ? 1 : 0), 0) / N,
    );
    const advantages = groupAdvantages(rewards, { numGenerations: G });
    const sequences = completions.map(({ ids }, i) => ({
      ids: [...prompts[Math.floor(i / G)]!, ...ids],
      roles,
    }));
    const batch = packedBatch(sequences, { sharePrefixes: true }); // as the trainer does
    const targets = selectTargets(batch, sequences);
    const { logprobs, backward } = await scoreTargets(model, batch, targets);
    const { gradient } = policyLoss(
      { logprobs, advantages, sequenceIds: targets.sequenceIds },
      { lossType: 'dapo' },
    );
    const gradients = backward({ logprobs: gradient });
    await optimizer.step(gradients, { maxGradNorm: 1 });
    dispose(gradients);
  };
}
