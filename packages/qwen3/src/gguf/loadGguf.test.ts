import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { fill } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadTokenizer } from '../chat/loadTokenizer.ts';
import { loadModel } from '../checkpoint/loadModel.ts';
import { readSafetensors } from '../checkpoint/readSafetensors.ts';
import { saveModel } from '../checkpoint/saveModel.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { ggufConfig } from './ggufConfig.ts';
import { ggufName } from './ggufNames.ts';
import { loadGguf } from './loadGguf.ts';
import { openGguf } from './openGguf.ts';
import { fromLlamaRows, toLlamaRows } from './rotaryRows.ts';
import { saveGguf } from './saveGguf.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/gguf/${name}`, import.meta.url));

let root: string;
let model: Qwen3;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'gguf-'));
  model = await loadGguf(fixture('qwen3.gguf'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const valuesOf = async ({ parameters }: Qwen3): Promise<Record<string, number[]>> => {
  const all = Object.entries(parameters).map(async ([name, x]) => [name, [...(await x.data())]]);
  return Object.fromEntries(await Promise.all(all));
};

describe('loadGguf', () => {
  test('sizes come from the metadata, as they stood in config.json', () => {
    expect(model.config).toMatchObject({
      vocabSize: 270,
      hiddenSize: 12,
      intermediateSize: 20,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      headDim: 6,
      rmsNormEps: 1e-5,
      ropeTheta: 1e6,
      tieWordEmbeddings: true,
      maxPositionEmbeddings: 64,
      bosTokenId: 262,
      eosTokenId: [263, 264],
    });
  });

  test('weights of qwen3 keep their order', async () => {
    const file = await openGguf(fixture('qwen3.gguf'));
    expect(Object.keys(model.parameters)).toHaveLength(file.entries.size);
    for (const [name, weight] of Object.entries(model.parameters)) {
      expect([...(await file.read(ggufName(name)!))]).toEqual([...(await weight.data())]);
    }
    await file.close();
  });

  test('rows of q and k in a llama file are those of Hugging Face again', async () => {
    const file = await openGguf(fixture('llama.gguf'));
    const expected = await readSafetensors(fixture('llama.safetensors'));
    for (const [module, heads] of [
      ['q_proj', 2],
      ['k_proj', 1],
    ] as const) {
      const name = `model.layers.1.self_attn.${module}.weight`;
      const { shape, data } = expected[name]!;
      const stored = await file.read(ggufName(name)!);
      expect([...stored]).not.toEqual([...data]);
      expect(fromLlamaRows({ values: stored, heads }, shape[0]!)).toEqual(data);
      expect(toLlamaRows({ values: data as Float32Array, heads }, shape[0]!)).toEqual(stored);
    }
    expect(ggufConfig('test', file)).toMatchObject({ model_type: 'llama', head_dim: 6 });
    await file.close();
  });

  test('rope_freqs are recognised as Llama-3 scaling, and nothing else is', async () => {
    const file = await openGguf(fixture('llama.gguf'));
    const metadata = new Map(file.metadata)
      .set('llama.rope.freq_base', 500_000)
      .set('llama.attention.key_length', 64);
    metadata.set('llama.rope.dimension_count', 64);
    const llama3 = { ...file, metadata };
    await file.close();
    // As llama.cpp's converter computes them for Llama-3.2-1B: factor 32, low 1, high 4, original 8192
    const factors = Float32Array.from({ length: 32 }, (_, i) => {
      const frequency = 500_000 ** (-i / 32);
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength < 8192 / 4) return 1;
      if (wavelength > 8192) return 32;
      const smooth = (8192 / wavelength - 1) / 3;
      return 1 / ((1 - smooth) / 32 + smooth);
    });
    expect(ggufConfig('test', llama3, factors).rope_scaling).toEqual({
      rope_type: 'llama3',
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    });
    factors[20] = factors[20]! * 1.01;
    expect(() => ggufConfig('test', llama3, factors)).toThrow(/rope_freqs/);
  });

  test('a llama file is a llama model', async () => {
    const llama = await loadModel(fixture('llama.gguf'));
    const expected = await readSafetensors(fixture('llama.safetensors'));
    expect(llama.config).toMatchObject({ modelType: 'llama', headDim: 6, numKeyValueHeads: 1 });
    expect(Object.keys(llama.parameters).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, weight] of Object.entries(llama.parameters)) {
      expect(await weight.data()).toEqual(expected[name]!.data);
    }
    const path = join(root, 'llama.gguf');
    await saveGguf(llama, path, { dtype: 'F32' });
    const again = await loadGguf(path);
    expect(await valuesOf(again)).toEqual(await valuesOf(llama));
    for (const ropeScaling of [
      { ropeType: 'linear', factor: 2 },
      { ropeType: 'yarn', factor: 4, originalMaxPositionEmbeddings: 16 },
      {
        ropeType: 'llama3',
        factor: 8,
        lowFreqFactor: 1,
        highFreqFactor: 4,
        originalMaxPositionEmbeddings: 8192,
      },
    ] as const) {
      const scaled = new Qwen3({ ...llama.config, ropeScaling }, llama);
      await saveGguf(scaled, path, { dtype: 'F32' });
      const found = await loadGguf(path);
      expect(found.config.ropeScaling).toMatchObject(ropeScaling);
      found.dispose();
    }
    llama.dispose();
    again.dispose();
  });

  test('a layer that is not there, and a tensor too much, throw `checkpoint`', async () => {
    const file = await openGguf(fixture('qwen3.gguf'));
    const { ggufWeights } = await import('./ggufWeights.ts');
    const weights = (changes: object) => () =>
      ggufWeights(file, { ...model.config, ...changes }, 'qwen3');
    expect(weights({ numHiddenLayers: 1e9 })).toThrow(/holds 2 layers/);
    expect(weights({ numHiddenLayers: 1 })).toThrow(/holds "blk.1/);
    expect(weights({ intermediateSize: 21 })).toThrow(/ffn_gate.weight of shape/);
    expect(weights({ tieWordEmbeddings: false })).toThrow(/lacks output.weight/);
    await file.close();
  });

  test('other architectures are refused by name', async () => {
    const file = await openGguf(fixture('types.gguf'));
    const metadata = new Map([['general.architecture', 'mamba']]);
    expect(() => ggufConfig('loadGguf', { ...file, metadata })).toThrow(
      /"mamba".*llama, qwen2, qwen3/,
    );
    await file.close();
    await expect(loadGguf(fixture('types.gguf'))).rejects.toMatchObject({ code: 'checkpoint' });
  });
});

describe('the tokenizer of a GGUF file', () => {
  test('merges, cuts words, finds added tokens, and knows unused rows', async () => {
    const tokenizer = await loadTokenizer(fixture('qwen3.gguf'));
    expect(tokenizer.vocabSize).toBe(265);
    const ids = tokenizer.encode('<|im_start|>hello world 12<think>');
    expect(ids.map((id) => tokenizer.decode([id]))).toEqual([
      '<|im_start|>',
      'hello',
      ' wo',
      'r',
      'l',
      'd',
      ' ',
      '1',
      '2',
      '<think>',
    ]);
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('hello world 12<think>');
    expect(() => tokenizer.decode([266])).toThrow(/no token/);
  });

  test('smollm cuts out every number, also beyond ASCII', async () => {
    const tokenizer = await loadTokenizer(fixture('llama.gguf'));
    expect(tokenizer.encode(' w').length).toBe(1);
    expect(tokenizer.encode(' ²')).toEqual([...tokenizer.encode(' '), ...tokenizer.encode('²')]);
  });
});

describe('saveGguf', () => {
  test.each(['F32', 'F16', 'BF16', 'Q8_0'] as const)('%s comes back', async (dtype) => {
    const path = join(root, `${dtype}.gguf`);
    await saveGguf(model, path, { dtype });
    const again = await loadGguf(path);
    expect(again.config).toEqual(model.config);
    const [expected, found] = [await valuesOf(model), await valuesOf(again)];
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    const error = { F32: 0, F16: 1e-3, BF16: 1e-2, Q8_0: 0 }[dtype]; // rows of 12 stay F32 in Q8_0
    for (const [name, values] of Object.entries(expected)) {
      for (const [i, value] of values.entries()) {
        expect(Math.abs(found[name]![i]! - value)).toBeLessThanOrEqual(error * Math.abs(value));
      }
    }
    const [before, after] = [await loadTokenizer(fixture('qwen3.gguf')), await loadTokenizer(path)];
    for (const text of ['hello world', '<|im_start|>é²🙂<think> 12', '\n\n x']) {
      expect(after.encode(text)).toEqual(before.encode(text));
    }
    again.dispose();
  });

  test('a GGUF model becomes a Hugging Face folder with its tokenizer', async () => {
    const folder = join(root, 'folder');
    const { files, missing } = await saveModel(model, folder, { dtype: 'float32' });
    expect(files).toEqual([
      'model.safetensors',
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(missing).toEqual([]);
    const again = await loadModel(folder);
    expect(await valuesOf(again)).toEqual(await valuesOf(model));
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.encode('hello<|im_end|>')).toEqual(
      (await loadTokenizer(fixture('qwen3.gguf'))).encode('hello<|im_end|>'),
    );
    await saveGguf(again, join(root, 'back.gguf'), { dtype: 'F32' });
    const back = await loadGguf(join(root, 'back.gguf'));
    expect(await valuesOf(back)).toEqual(await valuesOf(model));
    back.dispose();
    again.dispose();
  });

  test('without a tokenizer, with another dtype, with NaN: `option`, and nothing is written', async () => {
    const path = join(root, 'never.gguf');
    const bare = createQwen3(TINY_CONFIG, { seed: 1 });
    await expect(saveGguf(bare, path, { dtype: 'F16' })).rejects.toMatchObject({ code: 'option' });
    const tokenizer = fixture('qwen3.gguf');
    await expect(saveGguf(bare, path, { dtype: 'F16', tokenizer })).rejects.toMatchObject({
      code: 'checkpoint',
    });
    // @ts-expect-error Q4_0 is read, not written
    await expect(saveGguf(model, path, { dtype: 'Q4_0' })).rejects.toMatchObject({
      code: 'option',
    });
    const nan = createQwen3({ ...TINY_CONFIG, vocabSize: 270 }, { seed: 1 });
    nan.weight('model.norm.weight').assign(fill([12], Number.NaN));
    await expect(saveGguf(nan, path, { dtype: 'F16', tokenizer })).rejects.toMatchObject({
      code: 'option',
    });
    await expect(openGguf(path)).rejects.toMatchObject({ code: 'io' });
  });
});
