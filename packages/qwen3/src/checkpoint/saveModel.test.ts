import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { fill, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addLora } from '../lora/addLora.ts';
import { mergeLora } from '../lora/mergeLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { formatConfig } from './formatConfig.ts';
import { loadModel } from './loadModel.ts';
import { type SaveModelOptions, saveModel } from './saveModel.ts';

let root: string;
let made: Qwen3;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
  made = createQwen3(TINY_CONFIG, { seed: 1 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const WRITTEN = ['model.safetensors', 'config.json'];
const COMPANIONS = {
  'generation_config.json': '{"eos_token_id": [5, 6], "temperature": 0.6}',
  'tokenizer.json': '{"model": {}}',
  'tokenizer_config.json': '{"tokenizer_class": "Qwen2Tokenizer"}',
  'chat_template.jinja': '{{ messages }}',
  'special_tokens_map.json': '{}',
  'added_tokens.json': '{}',
  'vocab.json': '{"a": 0}',
  'merges.txt': 'a b\n',
};

async function baseFolder(name: string): Promise<string> {
  const folder = join(root, name);
  await saveModel(made, folder, { dtype: 'float32' });
  for (const [file, text] of Object.entries(COMPANIONS)) await writeFile(join(folder, file), text);
  await writeFile(join(folder, 'optimizer.pt'), 'not taken along');
  return folder;
}

describe('saveModel', () => {
  test('takes along what came with the base, also through mergeLora', async () => {
    const base = await baseFolder('base');
    const model = await loadModel(base);
    addLora(model, { r: 1, alpha: 1 });
    const merged = mergeLora(model);
    for (const [name, saved] of Object.entries({ model, merged })) {
      const folder = join(root, `saved-${name}`);
      const { files, missing } = await saveModel(saved, folder, { dtype: 'float32' });
      expect(files.sort()).toEqual([...WRITTEN, ...Object.keys(COMPANIONS)].sort());
      expect(missing).toEqual([]);
      expect((await readdir(folder)).sort()).toEqual(files.sort());
      for (const [file, text] of Object.entries(COMPANIONS)) {
        expect(await readFile(join(folder, file), 'utf8')).toBe(text);
      }
      const again = await loadModel(folder);
      expect(again.config.eosTokenId).toEqual([5, 6]);
      again.dispose();
    }
    merged.dispose();
    model.dispose();
  });

  test('says what to copy where the model came from no folder, or copyFrom is null', async () => {
    const missing = ['tokenizer.json', 'tokenizer_config.json'];
    const alone = join(root, 'alone');
    expect(await saveModel(made, alone, { dtype: 'bfloat16' })).toEqual({
      files: WRITTEN,
      missing,
    });
    const model = await loadModel(await baseFolder('base2'));
    const bare = await saveModel(model, alone, { dtype: 'bfloat16', copyFrom: null });
    expect(bare).toEqual({ files: WRITTEN, missing });
    model.dispose();
  });

  test('copyFrom names another folder, as text or URL', async () => {
    const base = await baseFolder('base3');
    for (const copyFrom of [base, pathToFileURL(base)]) {
      const saved = await saveModel(made, join(root, 'copied'), { dtype: 'float32', copyFrom });
      expect(saved.missing).toEqual([]);
    }
  });

  test('over its own base it leaves the other files as they are', async () => {
    const base = await baseFolder('base4');
    const model = await loadModel(base);
    expect((await saveModel(model, base, { dtype: 'float32' })).files).toEqual(WRITTEN);
    expect(await readFile(join(base, 'merges.txt'), 'utf8')).toBe('a b\n');
    model.dispose();
  });

  test('a base that is gone is an `io` error; the weights are saved', async () => {
    const base = await baseFolder('base5');
    const model = await loadModel(base);
    await rm(base, { recursive: true });
    const folder = join(root, 'orphan');
    await expect(saveModel(model, folder, { dtype: 'float32' })).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('weights are saved, the tokenizer is not'),
    });
    (await loadModel(folder)).dispose();
    model.dispose();
  });

  test('whole numbers are written as floats where transformers 5 asks for floats', async () => {
    const whole = { ...TINY_CONFIG, initializerRange: 1, rmsNormEps: 1, ropeTheta: 1e6 };
    const model = createQwen3(whole, { seed: 1 });
    await saveModel(model, join(root, 'whole'), { dtype: 'float32' });
    const text = await readFile(join(root, 'whole', 'config.json'), 'utf8');
    expect(text).toContain('"initializer_range": 1.0,');
    expect(text).toContain('"rms_norm_eps": 1.0,');
    expect(text.match(/"rope_theta": 1000000\.0/g)?.length).toBe(2);
    expect(text).toContain('"attention_dropout": 0.0,');
    expect(text).toContain('"hidden_size": 12,');
    const loaded = await loadModel(join(root, 'whole'));
    expect(loaded.config).toEqual(whole);
    loaded.dispose();
    model.dispose();
  });

  test.each([{ dtype: 'bf16' }, { dtype: 'float16' }, { dtype: 'F32' }, {}, undefined, null])(
    '%j is no dtype: nothing is written',
    async (options) => {
      const folder = join(root, 'dtype');
      await expect(saveModel(made, folder, options as SaveModelOptions)).rejects.toMatchObject({
        name: 'Qwen3Error',
        code: 'option',
      });
      await expect(readdir(folder)).rejects.toThrow('ENOENT');
    },
  );

  test("'bf16' is answered with the right name", async () => {
    const options = { dtype: 'bf16' as 'bfloat16' };
    await expect(saveModel(made, root, options)).rejects.toThrow("Did you mean 'bfloat16'?");
    expect(() => formatConfig(TINY_CONFIG, 'torch.bfloat16' as 'bfloat16')).toThrow(
      "Did you mean 'bfloat16'?",
    );
  });

  test.each<[number, SaveModelOptions]>([
    [Number.NaN, { dtype: 'float32' }],
    [Number.NEGATIVE_INFINITY, { dtype: 'float32' }],
    [3.4e38, { dtype: 'bfloat16' }],
  ])('a weight of %d cannot be saved as %j: nothing is written', async (value, options) => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const norm = model.weight('model.norm.weight');
    tidy(() => norm.assign(fill(norm.shape, value)));
    await expect(saveModel(model, join(root, 'nan'), options)).rejects.toMatchObject({
      code: 'option',
      message: expect.stringMatching(/model\.norm\.weight is .* at index 0/),
    });
    await expect(readdir(join(root, 'nan'))).rejects.toThrow('ENOENT');
    model.dispose();
  });

  test('two models saved into one folder at once do not mix', async () => {
    const folder = join(root, 'both');
    const wide = createQwen3({ ...TINY_CONFIG, intermediateSize: 24 }, { seed: 2 });
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        [made, wide, made, wide].map((model) => saveModel(model, folder, { dtype: 'float32' })),
      );
      const loaded = await loadModel(folder);
      expect(loaded.config.intermediateSize).toBe(24);
      loaded.dispose();
    }
    wide.dispose();
  });

  test('a folder that cannot be written is an `io` error, also for the save after it', async () => {
    await writeFile(join(root, 'file'), '');
    const folder = join(root, 'file', 'x');
    for (let i = 0; i < 2; i++) {
      const saving = saveModel(made, folder, { dtype: 'float32' });
      await expect(saving).rejects.toMatchObject({ code: 'io' });
    }
    await mkdir(join(root, 'later'));
    expect((await saveModel(made, join(root, 'later'), { dtype: 'float32' })).files).toEqual(
      WRITTEN,
    );
  });
});
