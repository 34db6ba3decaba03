import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { dispose, memory, randomNormal, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadModel } from './checkpoint/loadModel.ts';
import { readSafetensors } from './checkpoint/readSafetensors.ts';
import { saveModel } from './checkpoint/saveModel.ts';
import { writeSafetensors } from './checkpoint/writeSafetensors.ts';
import { generate } from './generate/generate.ts';
import { saveGguf } from './gguf/saveGguf.ts';
import { addLora } from './lora/addLora.ts';
import { mergeLora } from './lora/mergeLora.ts';
import { createQwen3 } from './model/createQwen3.ts';
import { FAMILY_CONFIGS } from './model/familyConfigs.ts';
import { packedBatch } from './model/packedBatch.ts';
import type { Qwen3 } from './model/qwen3.ts';
import { TINY_CONFIG } from './model/tinyConfig.ts';
import { scoreTargets } from './train/scoreTargets.ts';
import { selectTargets } from './train/selectTargets.ts';

let root: string;
vi.spyOn(console, 'warn').mockImplementation(() => {});
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const sequences = [{ ids: [5, 1, 36, 7, 9], roles: ['ignore', 'a', 'a', 'a', 'a'] }];
const batch = packedBatch(sequences);
const targets = selectTargets(batch, sequences);

/** Log-probs, and the gradients of an adapter with values of its own. */
async function adapted(model: Qwen3): Promise<{ logprobs: number[]; gradients: number[][] }> {
  addLora(model, { r: 2, alpha: 4 });
  for (const weight of Object.values(model.trainable())) {
    tidy(() => weight.assign(randomNormal(weight.shape, 0, 0.3, 'float32', 9)));
  }
  const { logprobs, backward } = await scoreTargets(model, batch, targets);
  const gradients = backward({ logprobs: logprobs.map(() => 1) });
  const values = Object.values(gradients).map((gradient) => [...gradient.dataSync()]);
  dispose(gradients);
  return { logprobs: [...logprobs], gradients: values };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(
      1e-4 * Math.max(1, Math.abs(expected[i]!)),
    );
  }
}

describe.each(Object.entries(FAMILY_CONFIGS))('%s, frozen', (name, config) => {
  test.each(['float32', 'bfloat16'] as const)(
    '%s: scores, trains and samples as from the heap',
    async (dtype) => {
      const folder = join(root, `${name}-${dtype}`);
      const made = createQwen3(config, { seed: 3 });
      await saveModel(made, folder, { dtype, maxShardBytes: 4000 });
      made.dispose();
      const before = memory().numTensors;
      const [heap, frozen] = [await loadModel(folder), await loadModel(folder, { frozen: true })];
      const matrices = Object.keys(frozen.frozen);
      expect(matrices.every((matrix) => heap.weight(matrix).rank === 2)).toBe(true);
      expect(Object.keys(frozen.weights())).toEqual(Object.keys(heap.weights()));
      const options = { maxTokens: 5, temperature: 0 };
      const [[mine], [theirs]] = [
        await generate(frozen, [[5, 1]], options),
        await generate(heap, [[5, 1]], options),
      ];
      expect([...mine!.ids]).toEqual([...theirs!.ids]);
      const [ours, expected] = [await adapted(frozen), await adapted(heap)];
      expectClose(ours.logprobs, expected.logprobs);
      for (const [i, gradient] of ours.gradients.entries())
        expectClose(gradient, expected.gradients[i]!);
      const merged = [mergeLora(frozen), mergeLora(heap)] as const;
      expectClose(
        merged[0].weight(matrices[1]!).dataSync(),
        merged[1].weight(matrices[1]!).dataSync(),
      );
      for (const model of [heap, frozen, ...merged]) model.dispose();
      expect(memory().numTensors).toBe(before);
    },
  );
});

describe.each([
  ['qwen3', 'its matrices'],
  ['llama', 'its matrices, rows of q and k in the other order'],
])('a GGUF file of %s, frozen: %s', (architecture) => {
  const fixture = fileURLToPath(new URL(`../fixtures/gguf/${architecture}.gguf`, import.meta.url));

  test.each(['F32', 'Q8_0', 'F16'] as const)(
    'as %s scores, trains and samples as from the heap',
    async (dtype) => {
      const file = join(root, `${architecture}-${dtype}.gguf`);
      if (dtype === 'F32') await copyFile(fixture, file);
      else {
        const { config } = await loadModel(fixture);
        const wide = { ...config, hiddenSize: 32, intermediateSize: 64, headDim: 16 };
        const made = createQwen3({ ...wide, initializerRange: 0.3 }, { seed: 3 });
        await saveGguf(made, file, { dtype, tokenizer: fixture });
        made.dispose();
      }
      const before = memory().numTensors;
      const [heap, frozen] = [await loadModel(file), await loadModel(file, { frozen: true })];
      expect(Object.keys(frozen.frozen).length).toBeGreaterThan(14);
      const used = dtype === 'Q8_0' ? 'q8_0' : dtype.toLowerCase();
      expect(new Set(Object.values(frozen.frozen).map((weight) => weight.dtype))).toEqual(
        new Set([used]),
      );
      for (const [name, weight] of Object.entries(frozen.frozen))
        expect(weight.dataSync()).toEqual(heap.weight(name).dataSync());
      const [ours, expected] = [await adapted(frozen), await adapted(heap)];
      expectClose(ours.logprobs, expected.logprobs);
      for (const [i, gradient] of ours.gradients.entries())
        expectClose(gradient, expected.gradients[i]!);
      for (const model of [heap, frozen]) model.dispose();
      expect(memory().numTensors).toBe(before);
    },
  );
});

describe('a frozen model', () => {
  test('can be scored but not trained without an adapter, and says where its matrices are', async () => {
    const folder = join(root, 'plain');
    await saveModel(createQwen3(TINY_CONFIG, { seed: 3 }), folder, { dtype: 'bfloat16' });
    const model = await loadModel(folder, { frozen: true });
    expect(() => model.trainable()).toThrow('Train an adapter (addLora)');
    expect(() => model.weight('model.embed_tokens.weight')).toThrow('Read it with matrix(name)');
    const { backward, logprobs } = await scoreTargets(model, batch, targets);
    expect(() => backward({ logprobs })).toThrow('Train an adapter (addLora)');
    await saveModel(model, folder, { dtype: 'bfloat16' }); // over the file that is mapped
    const again = await readSafetensors(join(folder, 'model.safetensors'));
    for (const [name, weight] of Object.entries(model.weights())) {
      expect(weight.dataSync()).toEqual(again[name]!.data);
    }
    model.dispose();
  });

  test('shares a head that is the embedding, and keeps another one', async () => {
    const folder = join(root, 'tied');
    await saveModel(createQwen3(TINY_CONFIG, { seed: 3 }), folder, { dtype: 'float32' });
    const file = join(folder, 'model.safetensors');
    const tensors = await readSafetensors(file);
    const embedding = tensors['model.embed_tokens.weight']!;
    await writeSafetensors(file, { ...tensors, 'lm_head.weight': embedding });
    const shared = await loadModel(folder, { frozen: true });
    expect(shared.head()).toBe(shared.matrix('model.embed_tokens.weight'));
    const other = { ...embedding, data: embedding.data.map((x) => x + 1) };
    await writeSafetensors(file, { ...tensors, 'lm_head.weight': other });
    const apart = await loadModel(folder, { frozen: true });
    expect(apart.head().dataSync()).toEqual(other.data);
    shared.dispose();
    apart.dispose();
  });

  test('comes from the web, too: its bytes then lie in memory', async () => {
    const folder = join(root, 'web');
    await saveModel(createQwen3(TINY_CONFIG, { seed: 3 }), folder, { dtype: 'bfloat16' });
    const server: Server = createServer(async (request, response) => {
      const bytes = await readFile(join(folder, request.url!)).catch(() => undefined);
      if (!bytes) return void response.writeHead(404).end();
      const [, from, to] = /(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      if (from === undefined) return void response.end(bytes);
      const range = `bytes ${from}-${to}/${bytes.length}`;
      response
        .writeHead(206, { 'content-range': range })
        .end(bytes.subarray(Number(from), Number(to) + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [far, near] = [
      await loadModel(address, { frozen: true }),
      await loadModel(folder, { frozen: true }),
    ];
    for (const [name, weight] of Object.entries(near.weights())) {
      expect(far.matrix(name).dataSync()).toEqual(weight.dataSync());
    }
    far.dispose();
    near.dispose();
    server.close();
  });
});
