import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { memory, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import type { StoredTensor } from '../checkpoint/readSafetensors.ts';
import { writeSafetensors } from '../checkpoint/writeSafetensors.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { seededNormal } from '../model/seededNormal.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { tokenBatch } from '../model/tokenBatch.ts';
import { loadAdapter } from './loadAdapter.ts';

const batch = tokenBatch([{ ids: [5, 1, 36, 7] }, { ids: [4, 9] }], { padId: 0 });
/** Hidden states of a small batch. */
export const hiddenOf = (model: Qwen3): number[] =>
  tidy(() => [...model.forward(batch).dataSync()]);

/** A folder for the files of one test file. */
export let root: string;
/** The model that adapters are put on. */
export let base: Qwen3;
let number = 0;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
  base = createQwen3(TINY_CONFIG, { seed: 1 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** All tensors of an adapter on every layer whose name `keep` accepts, B not 0. */
export function tensorsOf(keep: (name: string) => boolean, r = 3): Record<string, StoredTensor> {
  const normal = seededNormal(7);
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, size] of Object.entries(parameterShapes(TINY_CONFIG))) {
    const module = name.replace(/\.weight$/, '');
    if (!module.endsWith('_proj') || !keep(module)) continue;
    const [rows, columns] = size as [number, number];
    for (const [half, shape] of Object.entries({ A: [r, columns], B: [rows, r] })) {
      const data = Float32Array.from({ length: shape[0]! * shape[1]! }, () => 0.3 * normal());
      tensors[`base_model.model.${module}.lora_${half}.weight`] = { shape, data };
    }
  }
  return tensors;
}

/** The layers most tests adapt. */
export const qv = (name: string): boolean => /\.(q|v)_proj$/.test(name);
/** The config of an adapter for {@link qv}. */
export const plain: Record<string, unknown> = {
  peft_type: 'LORA',
  r: 3,
  lora_alpha: 6,
  target_modules: ['q_proj', 'v_proj'],
};

/** A PEFT folder. */
export async function folderOf(
  config: unknown,
  tensors: Record<string, StoredTensor> = tensorsOf(qv),
): Promise<string> {
  const folder = join(root, String(number++));
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors);
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(folder, 'adapter_config.json'), text);
  return folder;
}

/** Hidden states with the adapter on, or the error. The base is left as it was. */
export async function outcome(folder: string | URL): Promise<number[] | Qwen3Error> {
  const before = memory().numTensors;
  try {
    await loadAdapter(base, folder);
    return hiddenOf(base);
  } catch (error) {
    expect(error).toBeInstanceOf(Qwen3Error);
    expect((error as Qwen3Error).message.length).toBeLessThan(1100);
    return error as Qwen3Error;
  } finally {
    base.adapter?.dispose();
    base.adapter = undefined;
    expect(memory().numTensors - before).toBeLessThanOrEqual(2); // rotary tables
  }
}
