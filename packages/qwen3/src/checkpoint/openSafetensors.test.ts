import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSafetensors } from './openSafetensors.ts';
import { readSafetensors } from './readSafetensors.ts';
import { writeSafetensors } from './writeSafetensors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with the given header and so many data bytes. */
async function fileOf(header: unknown, dataBytes: number): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const path = join(folder, 'bad.safetensors');
  await writeFile(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  return path;
}

describe('safetensors files', () => {
  const tensors = {
    b: { shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, 6.25]) },
    a: { shape: [2], data: new Int32Array([-1, 7]) },
    empty: { shape: [0, 4], data: new Float32Array(0) },
  };

  test('come back as they were written', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, tensors);
    expect(await readSafetensors(path)).toEqual(tensors);
    const file = await openSafetensors(path);
    expect(file.metadata).toEqual({ format: 'pt' });
    await file.close();
  });

  test('equal tensors give equal bytes, in whatever order', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    await writeSafetensors(one, tensors);
    await writeSafetensors(two, { empty: tensors.empty, a: tensors.a, b: tensors.b });
    expect(await readFile(one)).toEqual(await readFile(two));
  });

  test('bfloat16 halves the floats and leaves the integers', async () => {
    const path = join(folder, 'half.safetensors');
    await writeSafetensors(path, tensors, { dtype: 'bfloat16' });
    const file = await openSafetensors(path);
    expect([...file.entries.values()].map(({ dtype }) => dtype)).toEqual(['I32', 'BF16', 'BF16']);
    await file.close();
    expect((await readSafetensors(path)).b).toEqual(tensors.b);
  });

  const f32 = (shape: number[], begin: number, end: number) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  test.each([
    ['is truncated', { a: f32([4], 0, 16) }, 12],
    ['overlapping offsets', { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12],
    ['unused', { a: f32([1], 4, 8) }, 8],
    ['after the last tensor', { a: f32([1], 0, 4) }, 8],
    ['gives a 8 bytes, [3] of F32 needs 12', { a: f32([3], 0, 8) }, 8],
    ['no valid shape', { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4],
    ['not JSON', '{"a": ', 0],
  ])('are refused: %s', async (message, header, bytes) => {
    const error = await openSafetensors(await fileOf(header, bytes)).catch((e) => e);
    expect(error).toMatchObject({ code: 'checkpoint', message: expect.stringContaining(message) });
  });

  test('are refused if the header is longer than the file, or the file is missing', async () => {
    const path = join(folder, 'short.safetensors');
    await writeFile(path, Buffer.from([200, 0, 0, 0, 0, 0, 0, 0, 1]));
    await expect(openSafetensors(path)).rejects.toThrow(
      'announces a header of 200 bytes but has only 9',
    );
    await expect(openSafetensors(join(folder, 'none'))).rejects.toMatchObject({ code: 'io' });
  });

  test('name the type they cannot read', async () => {
    const path = await fileOf({ a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, 4);
    await expect(openSafetensors(path)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
