import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import { addLora } from '../lora/addLora.ts';
import { loadAdapter } from '../lora/loadAdapter.ts';
import { saveAdapter } from '../lora/saveAdapter.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { uniformStream } from '../model/seededNormal.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { loadModel } from './loadModel.ts';
import { saveModel } from './saveModel.ts';

/** What is put in the place of a value or into the middle of a file. */
const PIECES = [
  ...['null', '0', '-1', '1.5', '1e400', '"x"', '""', '[]', '{}', '[null]', 'true', '"\\ud800"'],
  ...['28000000', '9007199254740993', '{"__proto__":1}', '"toString"', '["toString"]', '[0,1]'],
  ...['".*"', '"(.*)*(.*)*!"', '"\\\\Z("', '{"(a+)+$":3}', '"', '{', '}', ',', ':', '\u0000'],
  '['.repeat(400) + ']'.repeat(400),
  '['.repeat(100_000),
  JSON.stringify('y'.repeat(100_000)),
];
const KEYS = ['__proto__', 'a_new_key', 'rope_scaling', 'layer_types', 'layers_to_transform'];

let root: string;
let base: Qwen3;
beforeAll(async () => {
  await openCpu();
  root = await mkdtemp(join(tmpdir(), 'qwen3-'));
  base = createQwen3({ ...TINY_CONFIG, eosTokenId: [3, 4] }, { seed: 1 });
  await saveModel(base, root, { dtype: 'float32' });
  await writeFile(join(root, 'generation_config.json'), '{"eos_token_id": [3, 5], "top_k": 20}');
  addLora(base, { r: 2, alpha: 4 });
  await saveAdapter(base, root);
  takeOff();
});
afterAll(() => rm(root, { recursive: true, force: true }));

function takeOff(): void {
  base.adapter?.dispose();
  base.adapter = undefined;
}

/** Every object inside a value, such as a quantization_config. */
function objectsIn(value: object): object[] {
  const inner = Object.values(value).filter((one) => typeof one === 'object' && one !== null);
  return inner.flatMap((one) => [one, ...objectsIn(one)]);
}

/** One random damage to a file's bytes: a value, a piece, some bits, or the end. */
function damaged(
  file: Buffer,
  uniform: () => number,
  { isJson, head = 400 }: { isJson: boolean; head?: number },
): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(uniform() * list.length)]!;
  const at = Math.floor(uniform() * file.length);
  const kind = uniform();
  if (kind < 0.4 && isJson) {
    const json = JSON.parse(file.toString());
    const inner = pick([json, ...objectsIn(json)]);
    const key = pick([...Object.keys(inner), ...KEYS]);
    const value = '?'.repeat(9);
    Object.defineProperty(inner, key, { value, enumerable: true, configurable: true });
    return Buffer.from(JSON.stringify(json).replace(`"${value}"`, () => pick(PIECES)));
  }
  if (kind < 0.6) {
    return Buffer.concat([file.subarray(0, at), Buffer.from(pick(PIECES)), file.subarray(at + 3)]);
  }
  if (kind < 0.7) return file.subarray(0, at);
  const copy = Buffer.from(file);
  const end = isJson || kind < 0.85 ? Math.min(file.length, head) : file.length; // most in the header
  for (let n = 0; n < 3; n++) copy[Math.floor(uniform() * end)] = Math.floor(uniform() * 256);
  return copy;
}

async function loadsOrRefuses(load: () => Promise<void>): Promise<void> {
  const error: unknown = await load().catch((reason) => reason);
  if (error === undefined) return;
  expect(error).toBeInstanceOf(Qwen3Error);
  expect((error as Error).message.length).toBeLessThan(1100);
  expect((error as Error).message).not.toMatch(/Cannot read prop|is not a function|call stack/);
}

test.each([
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'adapter_config.json',
  'adapter_model.safetensors',
])('%s, damaged in 60 ways, loads or is a short Qwen3Error, without leaks', async (name) => {
  const path = join(root, name);
  const good = await readFile(path);
  const uniform = uniformStream(name.length);
  const before = memory().numTensors;
  for (let i = 0; i < 60; i++) {
    await writeFile(path, damaged(good, uniform, { isJson: name.endsWith('.json') }));
    await loadsOrRefuses(async () => {
      if (name.startsWith('adapter')) await loadAdapter(base, root);
      else (await loadModel(root)).dispose();
    });
    takeOff();
  }
  expect(memory().numTensors).toBe(before);
  await writeFile(path, good);
});

const LAYOUTS = [
  'bnb-int8',
  'bnb-nf4-nested',
  'ct-group-zeros',
  'ct-float-block',
  'ct-pack4-zeros',
  'fp8',
];
const FILES = ['config.json', 'model.safetensors'];

test.each(LAYOUTS.flatMap((layout) => FILES.map((name) => [layout, name] as const)))(
  'quantised weights, %s: %s, damaged in 40 ways, loads or is a short Qwen3Error, without leaks',
  async (layout, name) => {
    const folder = join(root, layout);
    const fixtures = new URL('../../fixtures/quantized/', import.meta.url);
    await cp(fileURLToPath(new URL(layout, fixtures)), folder, { recursive: true });
    const good = await readFile(join(folder, name));
    const uniform = uniformStream(layout.length + name.length);
    const before = memory().numTensors;
    for (let i = 0; i < 40; i++) {
      const bytes = damaged(good, uniform, { isJson: name.endsWith('.json'), head: 6000 });
      await writeFile(join(folder, name), bytes);
      await loadsOrRefuses(async () => {
        (await loadModel(folder, { frozen: i % 2 === 0 })).dispose();
      });
    }
    expect(memory().numTensors).toBe(before);
  },
);
