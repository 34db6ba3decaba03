import { mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { loadModel } from './loadModel.ts';
import { readSafetensors } from './readSafetensors.ts';
import { saveModel } from './saveModel.ts';
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
  await saveModel(model, path, { dtype: 'float32' });
  model.dispose();
  return path;
}

describe('loadModel', () => {
  test('float32 comes back exactly, and nothing leaks', async () => {
    const before = memory().numTensors;
    const untied = { ...TINY_CONFIG, tieWordEmbeddings: false, padTokenId: 0 };
    const path = await savedTiny('exact', untied);
    const [loaded, made] = [await loadModel(path), createQwen3(untied, { seed: 3 })];
    expect(weightsOf(loaded)).toEqual(weightsOf(made));
    expect(loaded.config).toEqual(untied);
    loaded.dispose();
    made.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test('bfloat16 is within half a unit of 8 significant bits', async () => {
    const model = createQwen3(TINY_CONFIG, { seed: 3 });
    await saveModel(model, join(folder, 'half'), { dtype: 'bfloat16' });
    const loaded = await loadModel(join(folder, 'half'));
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
    const shared = await loadModel(path);
    expect(shared.head()).toBe(shared.weight('model.embed_tokens.weight'));
    const other = { ...embedding, data: embedding.data.map((x) => x + 1) };
    await writeSafetensors(file, { ...tensors, 'lm_head.weight': other });
    const apart = await loadModel(path);
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
    await expect(loadModel(path)).rejects.toThrow(
      'model.layers.0.self_attn.q_proj.weight has shape [24,12], config.json asks for [32,12]',
    );
    await writeFile(config, good);
    const { 'model.norm.weight': norm, ...rest } = tensors;
    await writeSafetensors(file, rest);
    await expect(loadModel(path)).rejects.toThrow('lacks model.norm.weight');
    await writeSafetensors(file, { ...tensors, 'model.layers.2.mlp.up_proj.weight': norm! });
    await expect(loadModel(path)).rejects.toThrow('holds model.layers.2.mlp.up_proj.weight');
    norm!.data[3] = Number.NaN;
    await writeSafetensors(file, { ...rest, 'model.norm.weight': norm! });
    await expect(loadModel(path)).rejects.toThrow('is NaN at index 3');
    await truncate(file, 5000);
    await expect(loadModel(path)).rejects.toMatchObject({ code: 'checkpoint' });
    await rm(file);
    await expect(loadModel(path)).rejects.toMatchObject({ code: 'io' });
    await writeFile(join(path, 'model.safetensors.index.json'), '{}');
    await expect(loadModel(path)).rejects.toThrow('must hold an object weight_map');
    await writeFile(config, '{');
    await expect(loadModel(path)).rejects.toMatchObject({ code: 'config' });
    await expect(loadModel(join(folder, 'none'))).rejects.toThrow('No such file or folder');
    expect(memory().numTensors).toBe(before);
  });
});

describe('folders as people have them', () => {
  const refusal = async (path: string | URL): Promise<{ code: string; message: string }> => {
    const before = memory().numTensors;
    const error = await loadModel(path).then(
      (model) => model.dispose(),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(Qwen3Error);
    expect(memory().numTensors).toBe(before);
    return error;
  };

  test.each<[string, string, string]>([
    ['pytorch_model.bin', 'unsupported', 'save_pretrained'],
    ['Qwen3-0.6B-Q8_0.gguf', 'option', 'loadGguf'],
    ['model.fp16.safetensors', 'io', 'rename it to model.safetensors'],
    ['model-00001-of-00002.safetensors', 'io', 'not its model.safetensors.index.json'],
    ['model.safetensors.index.json', 'config', 'is not JSON'],
    ['adapter_model.safetensors', 'option', 'loadAdapter'],
    ['adapter_config.json', 'option', 'loadAdapter'],
    ['readme.md', 'io', 'No such file or folder'],
  ])('%s instead of model.safetensors: `%s`, %s', async (name, code, message) => {
    const path = await savedTiny(`instead-${name}`);
    await rename(join(path, 'model.safetensors'), join(path, name));
    expect(await refusal(path)).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test.each<[string, string]>([
    ['adapter_config.json', 'loadAdapter'],
    ['snapshots', 'give the folder that holds config.json'],
    ['checkpoint-20', 'give the folder that holds config.json'],
  ])('%s instead of config.json: %s', async (name, message) => {
    const path = await savedTiny(`config-${name}`);
    await rename(join(path, 'config.json'), join(path, name));
    expect((await refusal(path)).message).toContain(message);
  });

  test('a file, a hub name, another URL and no text at all say what to give', async () => {
    const path = await savedTiny('paths');
    expect((await refusal(join(path, 'config.json'))).message).toContain('Give the folder');
    (await loadModel(join(path, 'model.safetensors'))).dispose();
    expect((await refusal('Qwen/Qwen3-0.6B')).message).toContain(
      'hf download Qwen/Qwen3-0.6B --local-dir Qwen3-0.6B',
    );
    expect(await refusal(new URL('ftp://example.org/x'))).toMatchObject({ code: 'option' });
    expect(await refusal(undefined as never)).toMatchObject({ code: 'option' });
    (await loadModel(pathToFileURL(path))).dispose();
  });

  test('a Git-LFS pointer is recognised, as weights and as config', async () => {
    const path = await savedTiny('pointer');
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 100\n';
    await writeFile(join(path, 'model.safetensors'), pointer);
    expect((await refusal(path)).message).toContain('git lfs pull');
    await writeFile(join(path, 'config.json'), pointer);
    expect((await refusal(path)).message).toContain('git lfs pull');
  });

  const renamed = async (name: string, rewrite: (name: string) => string): Promise<string> => {
    const path = await savedTiny(name);
    const file = join(path, 'model.safetensors');
    const entries = Object.entries(await readSafetensors(file));
    await writeSafetensors(
      file,
      Object.fromEntries(entries.map(([weight, tensor]) => [rewrite(weight), tensor])),
    );
    return path;
  };

  test('weights of transformers’ Qwen3Model, without `model.`, are loaded', async () => {
    const loaded = await loadModel(await renamed('bare', (name) => name.replace(/^model\./, '')));
    const exact = createQwen3(TINY_CONFIG, { seed: 3 });
    expect(weightsOf(loaded)).toEqual(weightsOf(exact));
    loaded.dispose();
    exact.dispose();
  });

  test('without an output head such weights are refused if the model is not tied', async () => {
    const path = await renamed('headless', (name) => name.replace(/^model\./, ''));
    const config = join(path, 'config.json');
    const text = await readFile(config, 'utf8');
    await writeFile(
      config,
      text.replace('"tie_word_embeddings": true', '"tie_word_embeddings": false'),
    );
    expect((await refusal(path)).message).toContain('without an output head');
  });

  test.each([
    ['_orig_mod.', 'compiled model'],
    ['module.', 'DataParallel'],
    ['base_model.model.', 'merge_and_unload'],
  ])('names that begin with %s: %s', async (prefix, message) => {
    const path = await renamed(`prefix-${prefix}`, (name) => prefix + name);
    expect(await refusal(path)).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    });
  });

  test('a head for classification is named', async () => {
    const path = await savedTiny('score');
    const file = join(path, 'model.safetensors');
    const score = { shape: [2, 12], data: new Float32Array(24) };
    await writeSafetensors(file, { ...(await readSafetensors(file)), 'score.weight': score });
    expect((await refusal(path)).message).toContain('head for classification');
  });

  test.each([3, 200_000, 28_000_000, Number.MAX_SAFE_INTEGER])(
    '%d layers in config.json, 2 in the file: an error at once',
    async (layers) => {
      const path = await savedTiny('layers');
      const config = join(path, 'config.json');
      const text = await readFile(config, 'utf8');
      const changed = text.replace('"num_hidden_layers": 2', `"num_hidden_layers": ${layers}`);
      await writeFile(config, changed);
      const start = performance.now();
      expect(await refusal(path)).toMatchObject({
        code: 'checkpoint',
        message: expect.stringContaining('holds 2 layers'),
      });
      expect(performance.now() - start).toBeLessThan(1000);
    },
  );

  test.each(['vocab_size', 'hidden_size', 'intermediate_size', 'num_attention_heads', 'head_dim'])(
    'a %s of 2^50 is compared with the file, not allocated',
    async (key) => {
      const path = await savedTiny('sizes');
      const config = join(path, 'config.json');
      const text = await readFile(config, 'utf8');
      await writeFile(config, text.replace(new RegExp(`"${key}": \\d+`), `"${key}": ${2 ** 50}`));
      expect(await refusal(path)).toMatchObject({ code: 'checkpoint' });
    },
  );
});

describe('generation_config.json', () => {
  const withEnds = async (config: unknown, generation: unknown): Promise<string> => {
    const path = await savedTiny('ends', { ...TINY_CONFIG, eosTokenId: config as number });
    const text = typeof generation === 'string' ? generation : JSON.stringify(generation);
    await writeFile(join(path, 'generation_config.json'), text);
    return path;
  };

  test.each<[unknown, object, unknown]>([
    [5, { eos_token_id: [5, 16] }, [5, 16]],
    [5, { eos_token_id: 5 }, 5],
    [5, { eos_token_id: 16 }, [5, 16]],
    [[5, 7], { eos_token_id: [16, 5] }, [5, 7, 16]],
    [null, { eos_token_id: 16 }, 16],
    [null, { eos_token_id: [16] }, 16],
    [5, {}, 5],
    [5, { eos_token_id: null, temperature: 0.6, top_k: 20 }, 5],
    [null, {}, null],
  ])('config %j and %j end with %j', async (config, generation, ends) => {
    const model = await loadModel(await withEnds(config, generation));
    expect(model.config.eosTokenId).toEqual(ends);
    model.dispose();
  });

  test.each<unknown>([
    { eos_token_id: '5' },
    { eos_token_id: 5.5 },
    { eos_token_id: [5, null] },
    { eos_token_id: {} },
    { eos_token_id: [[5]] },
    { eos_token_id: true },
    '[5]',
    '{',
  ])('%j throws `config` and names the file', async (generation) => {
    await expect(loadModel(await withEnds(5, generation))).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('generation_config.json'),
    });
  });
});
