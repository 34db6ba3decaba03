import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { loadModel } from './loadModel.ts';
import { INDEX_FILE } from './openShards.ts';
import { readSafetensors } from './readSafetensors.ts';
import { saveModel } from './saveModel.ts';
import { writeSafetensors } from './writeSafetensors.ts';

let root: string;
let folder: string;
let model: Qwen3;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
  model = createQwen3(TINY_CONFIG, { seed: 3 });
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'm-'));
});

const sharded = (of = model): ReturnType<typeof saveModel> =>
  saveModel(of, folder, { dtype: 'float32', maxShardBytes: 6000 });
const shardsOf = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => /-of-/.test(name)).sort();
const weightsOf = (of: Qwen3): unknown[] =>
  Object.entries(of.parameters).map(([name, weight]) => [name, [...weight.dataSync()]]);

describe('a checkpoint in several files', () => {
  test('comes back exactly, in the usual names and with an index of sizes', async () => {
    const { files } = await sharded();
    const names = files.filter((name) => /-of-/.test(name));
    expect(names[0]).toBe('model-00001-of-00003.safetensors');
    expect(files).toEqual([...names, INDEX_FILE, 'config.json']);
    expect(await shardsOf()).toEqual(names);
    const { metadata, weight_map } = JSON.parse(await readFile(join(folder, INDEX_FILE), 'utf8'));
    const values = Object.values(model.parameters).reduce((sum, { size }) => sum + size, 0);
    expect(metadata).toEqual({ total_parameters: values, total_size: 4 * values });
    expect(Object.keys(weight_map)).toEqual(Object.keys(model.parameters));
    const before = memory().numTensors;
    const loaded = await loadModel(folder);
    expect(weightsOf(loaded)).toEqual(weightsOf(model));
    loaded.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test('replaces one file, another checkpoint in several files, and is replaced by one file', async () => {
    const other = createQwen3(TINY_CONFIG, { seed: 4 });
    await saveModel(other, folder, { dtype: 'float32' });
    await sharded();
    const first = await shardsOf();
    expect(await readdir(folder)).not.toContain('model.safetensors');
    await sharded(other);
    const second = await shardsOf();
    expect(second).toHaveLength(first.length);
    expect(second.filter((name) => first.includes(name))).toEqual([]);
    const loaded = await loadModel(folder);
    expect(weightsOf(loaded)).toEqual(weightsOf(other));
    loaded.dispose();
    await saveModel(model, folder, { dtype: 'float32' });
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors']);
    other.dispose();
  });

  test('a weight that is not finite leaves the old checkpoint as it was', async () => {
    await sharded();
    const before = await readdir(folder);
    const broken = createQwen3({ ...TINY_CONFIG, initializerRange: 1e300 }, { seed: 1 });
    await expect(sharded(broken)).rejects.toThrow('Nothing was written');
    expect(await readdir(folder)).toEqual(before);
    const loaded = await loadModel(folder);
    expect(weightsOf(loaded)).toEqual(weightsOf(model));
    loaded.dispose();
    broken.dispose();
  });

  const refusal = async (): Promise<string> => {
    const before = memory().numTensors;
    const error = await loadModel(folder).then(
      () => expect.unreachable('it loaded'),
      (reason) => reason,
    );
    expect(error).toMatchObject({ name: 'Qwen3Error', code: 'checkpoint' });
    expect(memory().numTensors).toBe(before);
    return error.message;
  };

  test('a missing, truncated, swapped or foreign file is named', async () => {
    await sharded();
    const [first, second] = (await shardsOf()).map((name) => join(folder, name)) as [
      string,
      string,
    ];
    const aside = join(folder, 'aside');
    await rename(first, aside);
    expect(await refusal()).toContain(
      'names the file model-00001-of-00003.safetensors, which is not there',
    );
    await copyFile(second, first);
    expect(await refusal()).toMatch(
      /puts "model\.\S+ in model-00002-of\S+, but model-00001-of\S+ holds it/,
    );
    await copyFile(aside, first);
    await truncate(first, 700);
    expect(await refusal()).toMatch(/model-00001-of-00003\.safetensors (is truncated|announces)/);
    const tensors = await readSafetensors(aside);
    const [name, tensor] = Object.entries(tensors)[0]!;
    await writeSafetensors(first, { other: tensor, ...tensors });
    expect(await refusal()).toContain('puts "other" in no file');
    const { [name]: _, ...fewer } = tensors;
    await writeSafetensors(first, fewer);
    expect(await refusal()).toMatch(
      /puts \S+ in model-00001-of-00003\.safetensors, which does not hold it/,
    );
    await writeSafetensors(first, {
      ...tensors,
      [name]: { ...tensor, data: new Int32Array(tensor.data.length) },
    });
    expect(await refusal()).toContain('holds integers');
    tensor.data[1] = Number.NaN;
    await writeSafetensors(first, tensors);
    expect(await refusal()).toContain('is NaN at index 1');
  });

  test.each<[string, string]>([
    ['{"weight_map": {"x": "../secret.safetensors"}}', 'which is no file of the same folder'],
    ['{"weight_map": {"x": 5}}', 'which is no file of the same folder'],
    ['{"weight_map": []}', 'must hold an object weight_map'],
    ['{"weight_map": {}}', 'holds 0 layers'],
  ])('the index %s is refused', async (text, message) => {
    await sharded();
    await writeFile(join(folder, INDEX_FILE), text);
    expect(await refusal()).toContain(message);
  });
});
