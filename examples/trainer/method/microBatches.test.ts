import type { Role } from '@molrl/mol-loss';
import { addLora, createQwen3, TINY_CONFIG } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { describe, expect, test } from 'vitest';
import type { Learner, Sequence } from './learner.ts';
import { microBatches, tokensPerPass } from './microBatches.ts';
import { passesOf } from './passes.ts';
import { sft } from './sft.ts';
import { Stage } from './stage.ts';
import { teach } from './teach.ts';
import { readWeights } from './weights.ts';

const row = (...ids: number[]): Sequence => ({
  ids,
  roles: ids.map((_, i) => (i < 2 ? 'ignore' : 'assistant')),
});
const ROWS = [row(1, 2, 3), row(4, 5, 6, 7, 8), row(9, 10, 11, 12), row(1, 3, 5)];
const lengths = (limits: { items?: number; tokens: number }) =>
  microBatches(ROWS, limits, (one) => [one]).map((part) => part.map(({ ids }) => ids.length));

describe('microBatches', () => {
  test('keeps to both limits, in order; what is too long goes alone', () => {
    expect(lengths({ tokens: 100 })).toEqual([[3, 5, 4, 3]]);
    expect(lengths({ tokens: 8 })).toEqual([
      [3, 5],
      [4, 3],
    ]);
    expect(lengths({ tokens: 100, items: 3 })).toEqual([[3, 5, 4], [3]]);
    expect(lengths({ tokens: 2 })).toEqual([[3], [5], [4], [3]]);
  });

  test('counts a common prompt once where it is computed once', () => {
    const group = [row(1, 2, 3), row(1, 2, 4), row(1, 9, 4, 5)]; // each keeps the token that predicts its first target
    const parts = (tokens: number, sharePrefixes: boolean) =>
      microBatches(group, { tokens, sharePrefixes }, (one) => [one]).map(({ length }) => length);
    expect(parts(8, true)).toEqual([3]); // 3 + 2 + 3
    expect(parts(8, false)).toEqual([2, 1]);
    expect(parts(7, true)).toEqual([2, 1]);
  });

  test('SmolLM2-135M with LoRA has some hundred tokens a pass, the shipped model takes all', async () => {
    const smol = {
      ...{ vocabSize: 49152, hiddenSize: 576, intermediateSize: 1536, numHiddenLayers: 30 },
      ...{ numAttentionHeads: 9, numKeyValueHeads: 3, headDim: 64 },
    };
    const config = { ...TINY_CONFIG, ...smol };
    const tokens = tokensPerPass(config, 16);
    expect(tokens).toBeGreaterThan(400);
    expect(tokens).toBeLessThan(1000);
    expect(tokensPerPass(TINY_CONFIG, 0)).toBeGreaterThan(100_000);
  });
});

test('a prompt stands once in the passes of a model that can have it so', () => {
  const group = [4, 5].map((last) => ({ sequence: row(1, 2, 3, last) }));
  const tokensOf = (sharesPrefixes: boolean) => {
    const model = { sharesPrefixes } as Learner['model'];
    return [...passesOf({ model, tokensPerPass: 100 }, group)].map(({ batch }) => batch.T);
  };
  expect(tokensOf(false)).toEqual([8]);
  expect(tokensOf(true)[0]).toBeLessThan(8);
});

test('sft in parts takes the step of the whole batch', async () => {
  const device = await openCpu({ threads: 1 });
  const step = async (tokensPerPass: number) => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    addLora(model, { r: 2, alpha: 4, seed: 1 });
    const stage = new Stage(model.trainable(), { name: 's', seed: 1, learningRate: 0.1 });
    const learner = { model, tokensPerPass } as Learner;
    const options = { rows: ROWS, updates: 1, batchSize: 4, learningRate: 0.1, maxGradNorm: 1 };
    const steps = sft(learner, stage, { ...options, schedule: () => 1, seed: 1 });
    const { value } = await steps.next();
    const { loss, mean_token_logprob, grad_norm } = value!.metrics;
    const weights = Object.values(await readWeights(model.trainable())).flatMap((w) => [...w]);
    stage.dispose();
    model.dispose();
    return [loss!, mean_token_logprob!, grad_norm!, ...weights];
  };
  const [whole, parts] = [await step(1000), await step(6)];
  for (const [i, value] of whole.entries()) expect(parts[i]).toBeCloseTo(value, 4);
  device.dispose();
});

test.each(['mol', 'ce', 'replay'] as const)(
  '%s in parts takes the step of the whole batch, and says the same of it',
  async (method) => {
    const device = await openCpu({ threads: 1 });
    const TALKS = [row(0, 3, 1), row(2, 4), row(5, 1, 2, 6)].map((talk, i) => ({
      ...talk,
      roles: talk.roles.map((_, t) => ((t + i) % 3 === 0 ? 'environment' : 'assistant') as Role),
    }));
    const text = { ...row(7, 3, 2), roles: row(7, 3, 2).roles.map((): Role => 'general') };
    const step = async (tokensPerPass: number) => {
      const [model, ref] = [
        createQwen3(TINY_CONFIG, { seed: 1 }),
        createQwen3(TINY_CONFIG, { seed: 2 }),
      ];
      const stage = new Stage(model.trainable(), { name: 't', seed: 1, learningRate: 0.01 });
      const learner = { model, ref, tokensPerPass } as unknown as Learner; // all that teach reads
      const nextGeneral = (_: unknown, count: number) => new Array<typeof text>(count).fill(text);
      const rates = { updates: 1, batchSize: 3, learningRate: 0.01, schedule: () => 1 };
      const options = { method, alpha: 0.3, seed: 1, ...rates };
      const steps = teach(learner, stage, { ...options, episodes: TALKS, nextGeneral });
      const { value } = await steps.next();
      const { 'perf/tokens_per_s': _, ...metrics } = value!.metrics;
      const weights = Object.values(await readWeights(model.trainable())).flatMap((w) => [...w]);
      stage.dispose();
      model.dispose();
      ref.dispose();
      return { metrics, weights };
    };
    const [whole, parts] = [await step(1000), await step(6)];
    expect(Object.keys(parts.metrics).sort()).toEqual(Object.keys(whole.metrics).sort());
    for (const [name, value] of Object.entries(whole.metrics))
      expect(parts.metrics[name], name).toBeCloseTo(value as number, 5);
    for (const [i, weight] of whole.weights.entries())
      expect(parts.weights[i]).toBeCloseTo(weight, 4);
    device.dispose();
  },
);
