import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { memory, randomNormal, tidy, type Variable } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadModel } from './checkpoint/loadModel.ts';
import { saveModel } from './checkpoint/saveModel.ts';
import { generate } from './generate/generate.ts';
import { generateByForward } from './generate/generateByForward.ts';
import { addLora } from './lora/addLora.ts';
import { mergeLora } from './lora/mergeLora.ts';
import { createQwen3 } from './model/createQwen3.ts';
import { FAMILY_CONFIGS } from './model/familyConfigs.ts';
import type { Qwen3 } from './model/qwen3.ts';
import type { Qwen3Config } from './model/qwen3Config.ts';
import { tokenBatch } from './model/tokenBatch.ts';
import { scoreLogprobs } from './train/scoreLogprobs.ts';

let root: string;
const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const fill = (weight: Variable, deviation: number): void =>
  tidy(() => weight.assign(randomNormal(weight.shape, 0, deviation, 'float32', 7)));

/** Biases are 0 in a fresh model: here they count. */
function modelOf(config: Qwen3Config): Qwen3 {
  const model = createQwen3(config, { seed: 3 });
  for (const [name, weight] of Object.entries(model.parameters)) {
    if (name.endsWith('.bias')) fill(weight, 0.5);
  }
  return model;
}

const batch = tokenBatch([{ ids: [5, 1, 36, 7, 9, 11] }, { ids: [4, 9] }], { padId: 0 });
const hiddenOf = (model: Qwen3): Float32Array =>
  tidy(() => model.forward(batch).dataSync<'float32'>().slice());

describe.each(Object.entries(FAMILY_CONFIGS))('%s', (name, config) => {
  test('is saved, and loaded as the same model', async () => {
    const before = memory().numTensors;
    const model = modelOf(config);
    await saveModel(model, join(root, name), { dtype: 'float32', maxShardBytes: 9000 });
    const loaded = await loadModel(join(root, name));
    expect(loaded.config).toEqual(config);
    expect(hiddenOf(loaded)).toEqual(hiddenOf(model));
    loaded.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test('samples what the forward pass computes', async () => {
    const model = modelOf(config);
    const prompts = [[5, 1, 36, 7], [4]];
    const options = { maxTokens: 12, temperature: 1, seed: 5 };
    const sampled = await generate(model, prompts, options);
    const slow = await generateByForward(model, prompts, options);
    expect(sampled.map(({ ids }) => [...ids])).toEqual(slow.map(({ ids }) => [...ids]));
    const scores = await scoreLogprobs(
      model,
      sampled.map(({ ids }, i) => ({ promptIds: prompts[i]!, completionIds: ids })),
    );
    for (const [i, { logprobs }] of sampled.entries()) {
      for (const [t, logprob] of logprobs.entries()) {
        expect(Math.abs(logprob - scores[i]![t]!)).toBeLessThan(1e-4);
      }
    }
    model.dispose();
  });

  test('takes LoRA on its attention, merged as adapted', () => {
    const model = modelOf(config);
    const base = hiddenOf(model);
    addLora(model, { r: 2, alpha: 4, targets: ['q_proj', 'o_proj'] });
    for (const weight of Object.values(model.trainable())) {
      fill(weight, 0.3);
    }
    const adapted = hiddenOf(model);
    const merged = mergeLora(model);
    const difference = (a: Float32Array, b: Float32Array): number =>
      a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
    expect(difference(adapted, base)).toBeGreaterThan(0.05);
    expect(difference(hiddenOf(merged), adapted)).toBeLessThan(1e-4);
    merged.dispose();
    model.dispose();
  });
});

test('sampling by forward passes said why, once for each reason', () => {
  const reasons = warn.mock.calls.map(([text]) => /has (.*), which/.exec(text)?.[1]);
  expect(reasons).toEqual(['a bias of o_proj', 'experts (layers with a router)']);
});
