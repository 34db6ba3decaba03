import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../tinyConfig.ts';
import { loadQwen3 } from './loadQwen3.ts';
import { readSafetensors } from './readSafetensors.ts';
import { saveQwen3 } from './saveQwen3.ts';
import { writeSafetensors } from './writeSafetensors.ts';

let folder: string;
beforeAll(async () => {
  await openCpu();
  folder = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function weightsOf(model: Qwen3): Record<string, number[]> {
  const entries = Object.entries(model.parameters);
  return Object.fromEntries(entries.map(([name, weight]) => [name, [...weight.dataSync()]]));
}

async function savedTiny(name: string, config = TINY_CONFIG): Promise<string> {
  const path = join(folder, name);
  const model = createQwen3(config, { seed: 3 });
  await saveQwen3(model, path, { dtype: 'float32' });
  model.dispose();
  return path;
}

describe('loadQwen3', () => {
  test('float32 comes back exactly, and nothing leaks', async () => {
    const before = memory().numTensors;
    const untied = { ...TINY_CONFIG, tieWordEmbeddings: false, padTokenId: 0 };
    const path = await savedTiny('exact', untied);
    const [loaded, made] = [await loadQwen3(path), createQwen3(untied, { seed: 3 })];
    expect(weightsOf(loaded)).toEqual(weightsOf(made));
    expect(loaded.config).toEqual(untied);
    loaded.dispose();
    made.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test('bfloat16 is within half a unit of 8 significant bits', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 3 });
    await saveQwen3(model, join(folder, 'half'), { dtype: 'bfloat16' });
    const loaded = await loadQwen3(join(folder, 'half'));
    const name = 'model.layers.1.mlp.down_proj.weight';
    const exact = model.weight(name).dataSync();
    for (const [i, value] of loaded.weight(name).dataSync().entries()) {
      expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(Math.abs(exact[i]!) * 2 ** -8);
    }
    const config = JSON.parse(await readFile(join(folder, 'half/config.json'), 'utf8'));
    expect(config.dtype).toBe('bfloat16');
    model.dispose();
    loaded.dispose();
  });

  test('a tied model shares an equal head and keeps a different one apart', async () => {
    const path = await savedTiny('tied');
    const file = join(path, 'model.safetensors');
    const tensors = await readSafetensors(file);
    const embedding = tensors['model.embed_tokens.weight']!;
    await writeSafetensors(file, { ...tensors, 'lm_head.weight': embedding });
    const shared = await loadQwen3(path);
    expect(shared.head()).toBe(shared.weight('model.embed_tokens.weight'));
    const other = { ...embedding, data: embedding.data.map((x) => x + 1) };
    await writeSafetensors(file, { ...tensors, 'lm_head.weight': other });
    const apart = await loadQwen3(path);
    expect([...apart.head().dataSync()]).toEqual([...other.data]);
    shared.dispose();
    apart.dispose();
  });

  test('says what is wrong with a folder, and loads nothing', async () => {
    const before = memory().numTensors;
    const path = await savedTiny('wrong');
    const [file, config] = [join(path, 'model.safetensors'), join(path, 'config.json')];
    const tensors = await readSafetensors(file);
    const good = await readFile(config, 'utf8');

    await writeFile(config, good.replace('"head_dim": 6', '"head_dim": 8'));
    await expect(loadQwen3(path)).rejects.toThrow(
      'model.layers.0.self_attn.q_proj.weight has shape [24,12], config.json asks for [32,12]',
    );
    await writeFile(config, good);
    const { 'model.norm.weight': norm, ...rest } = tensors;
    await writeSafetensors(file, rest);
    await expect(loadQwen3(path)).rejects.toThrow('lacks model.norm.weight');
    await writeSafetensors(file, { ...tensors, 'model.layers.2.mlp.up_proj.weight': norm! });
    await expect(loadQwen3(path)).rejects.toThrow('holds model.layers.2.mlp.up_proj.weight');
    norm!.data[3] = Number.NaN;
    await writeSafetensors(file, { ...rest, 'model.norm.weight': norm! });
    await expect(loadQwen3(path)).rejects.toThrow('is NaN at index 3');
    await truncate(file, 5000);
    await expect(loadQwen3(path)).rejects.toMatchObject({ code: 'checkpoint' });
    await rm(file);
    await expect(loadQwen3(path)).rejects.toMatchObject({ code: 'io' });
    await writeFile(join(path, 'model.safetensors.index.json'), '{}');
    await expect(loadQwen3(path)).rejects.toMatchObject({ code: 'unsupported' });
    await writeFile(config, '{');
    await expect(loadQwen3(path)).rejects.toMatchObject({ code: 'config' });
    await expect(loadQwen3(join(folder, 'none'))).rejects.toThrow('No such file or folder');
    expect(memory().numTensors).toBe(before);
  });
});
