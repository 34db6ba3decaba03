import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { loadModel } from '../loadModel.ts';
import { openTensorFile } from '../openSafetensors.ts';

/** A file or folder of the fixtures. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/quantized/${name}`, import.meta.url));

/** A folder for the files of one test file. */
export let root: string;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'quantized-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A layer of the fixtures' models, and a matrix of it. */
export const LAYER: string = 'model.layers.0';
export const Q: string = `${LAYER}.self_attn.q_proj`;

export interface Stored {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}
export type Json = Record<string, unknown>;

/** Other tensors, or another quantization_config. */
export interface Change {
  tensors?: (tensors: Map<string, Stored>) => void;
  settings?: (settings: Json) => unknown;
}

/** A copy of a fixture with other tensors or another quantization_config. */
export async function changed(name: string, change: Change): Promise<string> {
  const folder = join(root, name);
  await cp(fixture(name), folder, { recursive: true });
  const [config, weights] = [join(folder, 'config.json'), join(folder, 'model.safetensors')];
  if (change.settings) {
    const json = JSON.parse(await readFile(config, 'utf8'));
    const settings = change.settings(json.quantization_config); // undefined: they were changed in place
    const quantization_config = settings === undefined ? json.quantization_config : settings;
    await writeFile(config, JSON.stringify({ ...json, quantization_config }));
  }
  if (change.tensors) {
    const tensors = await storedIn(weights);
    change.tensors(tensors);
    await writeFile(weights, fileOf(tensors));
  }
  return folder;
}

/** What loading a changed fixture says, frozen or not. */
export const refusal = async (
  name: string,
  change: Change,
): Promise<{ code: string; message: string }> => {
  const before = memory().numTensors;
  const folder = await changed(name, change);
  const [error, frozen] = [
    await loadModel(folder).then(
      () => undefined,
      (reason) => reason,
    ),
    await loadModel(folder, { frozen: true }).then(
      () => undefined,
      (reason) => reason,
    ),
  ];
  expect(frozen).toEqual(error); // scales are looked at in any case
  expect(memory().numTensors).toBe(before);
  await rm(folder, { recursive: true });
  return error;
};

/** Of a `quantization_config` of compressed-tensors: its settings, and those of its weights, replaced. */
export const scheme =
  (top: Json, weights: Json = {}) =>
  (settings: Json): Json => {
    const [[name, group]] = Object.entries(settings.config_groups as object) as [[string, Json]];
    const changedGroup = {
      ...group,
      weights: { ...(group.weights as Json), ...weights },
      format: null,
    };
    return { ...settings, config_groups: { [name]: changedGroup }, ...top };
  };

/** The tensors of a file, as bytes. */
export async function storedIn(path: string): Promise<Map<string, Stored>> {
  const file = await openTensorFile(path);
  const tensors = new Map<string, Stored>();
  for (const [key, { dtype, shape }] of file.entries) {
    tensors.set(key, { dtype, shape, bytes: await file.bytes(key) });
  }
  await file.close();
  return tensors;
}

/** A safetensors file of them. */
export function fileOf(tensors: Map<string, Stored>): Buffer {
  let end = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}
