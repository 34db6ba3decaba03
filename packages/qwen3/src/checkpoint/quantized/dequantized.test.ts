import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { narrow } from '@molrl/tensor-gpu';
import { afterAll, describe, expect, test } from 'vitest';
import { FLOAT_TYPES } from '../floatTypes.ts';
import { openTensorFile, type TensorFile } from '../openSafetensors.ts';
import { BITSANDBYTES_4 } from './bitsandbytes4.ts';
import { dequantized } from './dequantized.ts';
import { fineGrainedFp8 } from './fineGrainedFp8.ts';
import { fromFloat8 } from './float8.ts';
import { readQuantization } from './readQuantization.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/quantized/${name}`, import.meta.url));
const json = async (name: string): Promise<Record<string, never>> =>
  JSON.parse(await readFile(fixture(name), 'utf8'));
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const opened: TensorFile[] = [];
afterAll(async () => {
  for (const file of opened) await file.close();
});
async function open(name: string): Promise<TensorFile> {
  const file = await openTensorFile(fixture(name));
  opened.push(file);
  return file;
}

const golden = Object.entries(await json('expected.json')) as [string, Record<string, string>][];

describe('a quantised file', () => {
  test.each(golden)('%s: the same bits as its library dequantises', async (name, expected) => {
    const path = `${name}/model.safetensors`;
    const quantization = readQuantization(await json(`${name}/config.json`), 'config.json')!;
    const source = await open(path);
    const file = await dequantized(quantization, { file: source, path });
    const floats = [...source.entries.keys()].filter((key) =>
      /(norm|embed_tokens)\.weight$/.test(key),
    );
    expect([...file.entries.keys()].sort()).toEqual([...floats, ...Object.keys(expected)].sort());
    for (const [weight, bits] of Object.entries(expected)) {
      const { dtype, shape } = file.entries.get(weight)!;
      const bytes = await file.bytes(weight);
      expect(`${weight} ${dtype} ${digest(bytes)}`).toBe(`${weight} ${bits}`);
      const values = (await file.read(weight)) as Float32Array;
      expect(values).toHaveLength(shape[0]! * shape[1]!);
      expect(narrow(values, FLOAT_TYPES[dtype as 'F32'])).toEqual(bytes);
      expect(file.place(weight)).toBeUndefined();
    }
    expect(file.place(floats[0]!)).toEqual(source.place(floats[0]!));
    expect(await file.read(floats[0]!)).toEqual(await source.read(floats[0]!));
  });

  test('4 bits: blocks that are not full, bytes kept as bf16, several scales of scales', async () => {
    const source = await open('4bit.safetensors');
    const tensors = await BITSANDBYTES_4.find({ file: source, path: '4bit.safetensors' });
    expect(tensors.size).toBe(9);
    for (const [name, { dtype, values }] of tensors) {
      const bytes = narrow(await values(), FLOAT_TYPES[dtype]);
      const base = name.slice(0, -'.weight'.length);
      if (base === 'wide') expect(digest(bytes)).toBe(source.metadata.wide);
      else expect([base, ...bytes]).toEqual([base, ...(await source.bytes(`${base}.value`))]);
    }
  });

  test('fp8: every byte, scales in f32, and sides that no block fills', async () => {
    const file = await open('fp8.safetensors');
    expect([...fromFloat8(await file.bytes('every.weight'))]).toEqual([
      ...(await file.read('every.value')),
    ]);
    for (const [name, block] of [
      ['ragged', [16, 8]],
      ['even', [8, 7]],
    ] as const) {
      const only = new Map([...file.entries].filter(([key]) => key.startsWith(name)));
      const settings = { quant_method: 'fp8', weight_block_size: block };
      const layout = fineGrainedFp8(settings, { torch_dtype: 'bfloat16' }, 'config.json');
      const tensors = await layout.find({
        file: { ...file, entries: only },
        path: 'fp8.safetensors',
      });
      const { values, dtype } = tensors.get(`${name}.weight`)!;
      expect(dtype).toBe('BF16');
      expect(narrow(await values(), 'bf16')).toEqual(await file.bytes(`${name}.value`));
    }
  });
});
