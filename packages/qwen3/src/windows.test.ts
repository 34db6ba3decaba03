import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openCpu, weightTensor } from '@molrl/tensor-gpu';
import { matMul, reshape, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from './checkpoint/loadModel.ts';
import { generate } from './generate/generate.ts';
import { packedBatch } from './model/packedBatch.ts';
import type { Qwen3 } from './model/qwen3.ts';
import { scoreTargets } from './train/scoreTargets.ts';
import { selectTargets } from './train/selectTargets.ts';

/** What transformers computes: fixtures/windows/generate.py. */
interface Expected {
  ids: number[];
  logits: number[];
  loss: number;
  gradients: Record<string, number>;
  continuation: number[];
}

const NAMES = ['qwen3-alternating', 'qwen2-last-layers', 'mistral', 'smollm3', 'qwen3-moe'];
const PROMPT = 9;
const folderOf = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/windows/${name}`, import.meta.url));

/** Logits of a sequence behind another one in its row. */
const logitsOf = (model: Qwen3, ids: number[]): Float32Array =>
  tidy(() => {
    const before = { ids: [3, 1, 4, 1, 5, 9] };
    const hidden = model.forward(packedBatch([before, { ids }]));
    const rows = reshape(hidden, [-1, model.config.hiddenSize]);
    const logits = matMul(rows, weightTensor(model.head()), false, true);
    return logits.dataSync<'float32'>().slice(before.ids.length * model.config.vocabSize);
  });

const furthest = (a: ArrayLike<number>, b: readonly number[]): number =>
  b.reduce((most, x, i) => Math.max(most, Math.abs(x - a[i]!)), 0);

beforeAll(() => openCpu());

describe.each(NAMES)('sliding windows, %s', (name) => {
  const opened = {} as { model: Qwen3; expected: Expected };
  beforeAll(async () => {
    opened.model = await loadModel(folderOf(name));
    opened.expected = JSON.parse(await readFile(`${folderOf(name)}/expected.json`, 'utf8'));
    return () => opened.model.dispose();
  });

  test('the logits of transformers', () => {
    const { ids, logits } = opened.expected;
    expect(furthest(logitsOf(opened.model, ids), logits)).toBeLessThan(2e-5);
  });

  test('its loss and gradients', async () => {
    const { ids, loss, gradients } = opened.expected;
    const batch = packedBatch([{ ids }]);
    const roles = ids.map((_, t) => (t === 0 ? 'ignore' : 'assistant'));
    const targets = selectTargets(batch, [{ ids, roles }], { roles: ['assistant'] });
    const { logprobs, backward } = await scoreTargets(opened.model, batch, targets);
    const own = -logprobs.reduce((sum, x) => sum + x, 0) / logprobs.length;
    expect(Math.abs(own - loss)).toBeLessThan(2e-6);
    const found = backward({ logprobs: logprobs.map(() => -1 / logprobs.length) });
    let compared = 0;
    for (const [weight, gradient] of Object.entries(found)) {
      const wanted = gradients[weight]; // transformers joins the matrices of experts
      if (wanted === undefined) continue;
      const length = Math.hypot(...(await gradient.data<'float32'>()));
      expect(Math.abs(length - wanted) / Math.max(0.01, wanted), weight).toBeLessThan(1e-4);
      compared++;
    }
    expect(compared).toBeGreaterThan(12);
  });

  test('its greedy continuation', async () => {
    const { ids, continuation } = opened.expected;
    const prompt = ids.slice(0, PROMPT);
    const options = { maxTokens: continuation.length, temperature: 0 };
    const [completion] = await generate(opened.model, [prompt], options);
    expect([...completion!.ids]).toEqual(continuation);
  });
});

test('prefixes stand once only in models without windows', async () => {
  const model = await loadModel(folderOf('mistral'));
  const sequences = [7, 8].map((last) => ({
    ids: [1, 2, 3, last, 5],
    roles: ['ignore', 'ignore', 'ignore', 'assistant', 'assistant'],
  }));
  const batch = packedBatch(sequences, { sharePrefixes: true });
  const scored = scoreTargets(model, batch, selectTargets(batch, sequences));
  await expect(scored).rejects.toThrow('sharesPrefixes is not true');
  expect(() => model.forward(batch)).toThrow('attention: window');
  model.dispose();
});
