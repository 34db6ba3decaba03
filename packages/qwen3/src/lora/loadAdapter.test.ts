import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fill, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { loadModel } from '../checkpoint/loadModel.ts';
import { readSafetensors } from '../checkpoint/readSafetensors.ts';
import { saveModel } from '../checkpoint/saveModel.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { base, folderOf, outcome, plain, qv, root, tensorsOf } from './adapterTrial.ts';
import { addLora } from './addLora.ts';
import { loadAdapter } from './loadAdapter.ts';
import { saveAdapter } from './saveAdapter.ts';
import { removeAdapter } from './withAdapter.ts';

describe('the files of an adapter', () => {
  test('base name and dropout survive load and save; the name can be set', async () => {
    const config = { ...plain, base_model_name_or_path: 'Qwen/Qwen3-0.6B', lora_dropout: 0.05 };
    const target = join(root, 'kept');
    const written = async (): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(target, 'adapter_config.json'), 'utf8'));
    await loadAdapter(base, pathToFileURL(`${await folderOf(config)}/`));
    await saveAdapter(base, target);
    expect(await written()).toMatchObject({
      base_model_name_or_path: 'Qwen/Qwen3-0.6B',
      lora_dropout: 0.05,
    });
    await saveAdapter(base, pathToFileURL(target), { baseModel: '../base' });
    expect((await written()).base_model_name_or_path).toBe('../base');
    await saveAdapter(base, target, { baseModel: null });
    expect((await written()).base_model_name_or_path).toBe(null);
    const odd = saveAdapter(base, target, { baseModel: 7 as never });
    await expect(odd).rejects.toMatchObject({ code: 'option' });
    base.adapter?.dispose();
    base.adapter = undefined;
  });

  test('a new adapter names the folder its base was loaded from, as PEFT does', async () => {
    await saveModel(base, join(root, 'named'), { dtype: 'float32' });
    const model = await loadModel(join(root, 'named'));
    addLora(model, { r: 1, alpha: 1 });
    await saveAdapter(model, join(root, 'named-adapter'));
    const text = await readFile(join(root, 'named-adapter', 'adapter_config.json'), 'utf8');
    expect(JSON.parse(text).base_model_name_or_path).toBe(join(root, 'named'));
    expect(text).toContain('"lora_dropout": 0.0,');
    model.dispose();
  });

  test.each<[string, string, boolean]>([
    ['hub/Tiny-Base', 'tiny-base', false],
    ['/other/place/tiny-base/', 'tiny-base', false],
    ['/c/hub/models--hub--tiny-base/snapshots/1f2e', 'tiny-base', false],
    ['tiny_base-Q8_0.gguf', 'tiny-base', false],
    ['hub/Tiny', 'tiny-base', true],
    ['hub/Tiny-Base-Instruct', 'tiny-base', true],
  ])('an adapter of %s on a model of %s is told: %s', async (recorded, name, told) => {
    const folder = join(root, name);
    await saveModel(base, folder, { dtype: 'float32' });
    const config = { ...plain, base_model_name_or_path: recorded };
    const adapter = await folderOf(config);
    const messages: string[] = [];
    const onWarning = (message: string): void => void messages.push(message);
    const model = await loadModel(folder);
    await loadAdapter(model, adapter, { onWarning });
    await loadAdapter(base, adapter, { name: 'x', onWarning }); // made in code: no name to compare
    expect(messages).toHaveLength(told ? 1 : 0);
    if (told) expect(messages[0]).toContain(`was trained on '${recorded}'`);
    removeAdapter(base, 'x');
    model.dispose();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%o is neither loaded nor saved', async (x) => {
    const tensors = tensorsOf(qv);
    Object.values(tensors)[1]!.data[4] = x;
    expect(await outcome(await folderOf(plain, tensors))).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(`is ${x} at index 4`),
    });
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    addLora(model, { r: 1, alpha: 1 });
    const [first] = Object.values(model.trainable());
    tidy(() => first!.assign(fill(first!.shape, x)));
    await expect(saveAdapter(model, join(root, 'nan'))).rejects.toThrow(`is ${x} at index 0`);
    model.dispose();
  });

  test.each<[string, string]>([
    ['names begin with base_model.model.', 'model.layers.0.self_attn.q_proj.lora_A.weight'],
    ['resized vocabulary', 'base_model.model.model.embed_tokens.weight'],
    ['resized vocabulary', 'base_model.model.lm_head.lora_A.weight'],
    ['do not explain', 'base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector'],
    ['neither LoRA nor DoRA', 'base_model.model.model.layers.0.self_attn.q_proj.lora_diag.weight'],
    ['do not explain', 'base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight'],
    ['do not explain', 'base_model.model.__proto__.lora_A.weight'],
    ['twice', 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight'],
  ])('%s: %s', async (message, name) => {
    const extra = { shape: [1], data: new Float32Array(1) };
    const tensors = { ...tensorsOf(qv), [name]: extra };
    expect(await outcome(await folderOf(plain, tensors))).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    });
  });

  test('integers are read as floats', async () => {
    const tensors = tensorsOf(qv);
    for (const tensor of Object.values(tensors))
      tensor.data = Int32Array.from(tensor.data, Math.sign);
    const floats = Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data) },
    ]);
    const expected = await outcome(await folderOf(plain, Object.fromEntries(floats)));
    expect(await outcome(await folderOf(plain, tensors))).toEqual(expected);
  });

  test('a folder that is none says what it is', async () => {
    const model = join(root, 'model');
    await saveModel(base, model, { dtype: 'float32' });
    expect(await outcome(model)).toMatchObject({
      code: 'option',
      message: expect.stringContaining('load it with loadModel'),
    });
    const pickled = join(root, 'pickled');
    await saveAdapter(await adapted(), pickled);
    await rm(join(pickled, 'adapter_model.safetensors'));
    await writeFile(join(pickled, 'adapter_model.bin'), 'PK');
    expect(await outcome(pickled)).toMatchObject({ code: 'unsupported' });
    expect(await outcome(join(root, 'none'))).toMatchObject({ code: 'io' });
    expect(await outcome(7 as never)).toMatchObject({ code: 'option' });
    expect(Object.keys(await readSafetensors(join(model, 'model.safetensors'))).length).toBe(24);
  });
});

async function adapted(): Promise<Qwen3> {
  const model = createQwen3(TINY_CONFIG, { seed: 1 });
  addLora(model, { r: 1, alpha: 1 });
  return model;
}
