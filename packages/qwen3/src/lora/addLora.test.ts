import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCpu, record } from '@molrl/tensor-gpu';
import { dispose, memory, onesLike, randomNormal, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import { addLora } from './addLora.ts';
import { loadAdapter } from './loadAdapter.ts';
import { mergeLora } from './mergeLora.ts';
import { saveAdapter } from './saveAdapter.ts';
import { withoutAdapter } from './withoutAdapter.ts';

let folder: string;
beforeAll(async () => {
  await openCpu();
  folder = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const batch = tokenBatch([{ ids: [5, 1, 36, 7] }, { ids: [4, 9] }], { padId: 0 });
const hiddenOf = (model: Qwen3): number[] => tidy(() => [...model.forward(batch).dataSync()]);
const worst = (a: number[], b: number[]): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

/** An adapted model whose B is not 0. */
function adapted(): Qwen3 {
  const model = createQwen3(TINY_CONFIG, { seed: 1 });
  addLora(model, { r: 3, alpha: 6, targets: ['q_proj', 'down_proj'] });
  for (const [name, value] of Object.entries(model.trainable())) {
    if (name.endsWith('lora_B.weight'))
      tidy(() => value.assign(randomNormal(value.shape, 0, 0.3, 'float32', 5)));
  }
  return model;
}

describe('addLora', () => {
  test('leaves the model as it was and trains A and B only', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const before = hiddenOf(model);
    addLora(model, { r: 3, alpha: 6 });
    expect(hiddenOf(model)).toEqual(before);
    const names = Object.keys(model.trainable());
    expect(names.length).toBe(2 * 7 * 2);
    expect(names[0]).toBe('model.layers.0.self_attn.q_proj.lora_A.weight');
    expect(names.every((name) => name.includes('lora_'))).toBe(true);
    model.dispose();
  });

  test('a gradient reaches B at the start, and A once B has moved', () => {
    const model = adapted();
    const { value, tape } = record(() => model.forward(batch));
    const cotangent = onesLike(value);
    const gradients = tape.backward([[value, cotangent]], model.trainable());
    for (const gradient of Object.values(gradients))
      expect(gradient.dataSync().some((x) => x !== 0)).toBe(true);
    dispose({ value, cotangent, ...gradients });
    model.dispose();
  });

  test('withoutAdapter is the base, also after an error inside', () => {
    const model = adapted();
    const base = createQwen3(TINY_CONFIG, { seed: 1 });
    const on = hiddenOf(model);
    expect(withoutAdapter(model, () => hiddenOf(model))).toEqual(hiddenOf(base));
    expect(() =>
      withoutAdapter(model, () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(() => withoutAdapter(model, async () => 1)).toThrow('must be synchronous');
    expect(hiddenOf(model)).toEqual(on);
    model.dispose();
    base.dispose();
  });

  test('mergeLora computes the same without an adapter and leaves no tensors behind', () => {
    const before = memory().numTensors;
    const model = adapted();
    const merged = mergeLora(model);
    expect(worst(hiddenOf(merged), hiddenOf(model))).toBeLessThan(2e-5);
    expect(merged.adapter).toBeUndefined();
    merged.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test('a PEFT folder comes back exactly', async () => {
    const model = adapted();
    await saveAdapter(model, join(folder, 'adapter'));
    const other = createQwen3(TINY_CONFIG, { seed: 1 });
    await loadAdapter(other, join(folder, 'adapter'));
    expect(hiddenOf(other)).toEqual(hiddenOf(model));
    expect(other.adapter).toMatchObject({ r: 3, alpha: 6, scaling: 2 });
    await expect(loadAdapter(other, join(folder, 'adapter'))).rejects.toMatchObject({
      code: 'option',
    });
    model.dispose();
    other.dispose();
  });

  test('loadAdapter refuses what it cannot apply', async () => {
    const path = join(folder, 'strange');
    const model = adapted();
    await saveAdapter(model, path);
    model.dispose();
    const config = JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8'));
    const base = createQwen3(TINY_CONFIG, { seed: 1 });
    const refusal = async (changes: object): Promise<unknown> => {
      await writeFile(join(path, 'adapter_config.json'), JSON.stringify({ ...config, ...changes }));
      return loadAdapter(base, path).catch((error) => error.code);
    };
    expect(await refusal({ use_dora: true })).toBe('checkpoint');
    expect(await refusal({ rank_pattern: { q_proj: 8 } })).toBe('checkpoint');
    expect(await refusal({ target_modules: ['lm_head'] })).toBe('unsupported');
    expect(await refusal({ r: 'many' })).toBe('config');
    expect(await refusal({ r: 4 })).toBe('checkpoint');
    expect(await refusal({ target_modules: ['q_proj'] })).toBe('checkpoint');
    base.dispose();
  });

  test('throws `option` for a second adapter, rank 0 and unknown targets', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const option = expect.objectContaining({ code: 'option' });
    expect(() => addLora(model, { r: 0, alpha: 1 })).toThrow(option);
    expect(() => addLora(model, { r: 1, alpha: 1, targets: [] })).toThrow(option);
    addLora(model, { r: 1, alpha: 1 });
    expect(() => addLora(model, { r: 1, alpha: 1 })).toThrow('an adapter called "default" already');
    model.dispose();
  });
});

describe('options of addLora', () => {
  test.each<object>([
    { targets: ['toString'] },
    { targets: ['__proto__'] },
    { targets: ['q_proj', undefined] },
    { targets: 'q_proj' },
    { r: 1.5 },
    { r: '4' },
    { alpha: Number.NaN },
    { alpha: '8' },
    { useDora: 'yes' },
    { useRslora: 1 },
    { name: '' },
    { name: 7 },
    { use_dora: true },
    { seed: Number.NaN },
    { seed: 0.5 },
    { seed: -1 },
    { seed: 2 ** 32 },
  ])('%j throws `option`, nothing is added', (options) => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    expect(() => addLora(model, { r: 4, alpha: 8, ...options })).toThrow(
      expect.objectContaining({ name: 'Qwen3Error', code: 'option' }),
    );
    expect(model.adapter).toBeUndefined();
    model.dispose();
  });

  test('a target named twice is one target', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    addLora(model, { r: 4, alpha: 8, targets: ['q_proj', 'q_proj'] });
    expect(model.adapter?.targets).toEqual(['q_proj']);
    expect(Object.keys(model.trainable()).length).toBe(4);
    model.dispose();
  });
});
