import { groupAdvantages, policyLoss } from '@molrl/grpo';
import { generate } from '@molrl/qwen3';
import { adamw, lmHead, record, selectRows } from '@molrl/tensor-gpu';
import { reshape, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.ts';
import { benchModel, randomIds } from './benchModel.ts';

/** Rollouts, a reward that costs nothing, group advantages, one update: what `peers/trl_grpo.py` does. */
export function grpoStep(shape: Shape): () => Promise<void> {
  const {
    grpoPrompts: P,
    grpoGenerations: G,
    grpoNewTokens: N,
    promptLength,
    hidden,
    vocab,
  } = shape;
  const B = P * G;
  const T = promptLength + N;
  const model = benchModel(shape);
  const parameters = model.trainable();
  const names = Object.keys(parameters);
  const optimizer = adamw(parameters, { learningRate: 1e-4, weightDecay: 0 });
  const promptIds = randomIds(P, promptLength, vocab);
  const prompts = Array.from({ length: P }, (_, p) =>
    promptIds.subarray(p * promptLength, (p + 1) * promptLength),
  );
  // Position t predicts the token at t + 1: the completion's targets start at promptLength.
  const predicting = Array.from(
    { length: B * N },
    (_, i) => Math.floor(i / N) * T + promptLength - 1 + (i % N),
  );
  const rows = tensor1d(predicting, 'int32');
  const completionMask = new Int32Array(B * N).fill(1);
  let seed = 0;

  return async () => {
    const completions = await generate(model, prompts, {
      ...{ numGenerations: G, maxTokens: N, temperature: 1, seed: seed++, eosIds: [] },
    });
    const rewards = completions.map(
      ({ ids }) => ids.reduce((even, id) => even + (id % 2 === 0 ? 1 : 0), 0) / N,
    );
    const advantages = groupAdvantages(rewards, { numGenerations: G });
    const sequences = completions.flatMap(({ ids }, i) => [...prompts[Math.floor(i / G)]!, ...ids]);
    const inputIds = tensor2d(sequences, [B, T], 'int32');
    const targets = tensor1d(
      completions.flatMap(({ ids }) => [...ids]),
      'int32',
    );
    const { value: logprobs, tape } = record(() => {
      const states = reshape(model.forward({ inputIds }), [B * T, hidden]);
      return lmHead(selectRows(states, rows), model.head(), targets).logprobs;
    });
    const { gradient } = policyLoss(
      { logprobs: await logprobs.data(), advantages, completionMask, sequenceLength: N },
      { lossType: 'dapo' },
    );
    const cotangent = tensor1d(Float32Array.from(gradient));
    const gradients = tape.backward([[logprobs, cotangent]], Object.values(parameters));
    await optimizer.step(Object.fromEntries(names.map((name, i) => [name, gradients[i]!])), {
      maxGradNorm: 1,
    });
    for (const tensor of [inputIds, targets, logprobs, cotangent, ...gradients]) tensor.dispose();
  };
}
