import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import { openSafetensors } from './openSafetensors.ts';
import { readSafetensors, type StoredTensor } from './readSafetensors.ts';
import { writeSafetensors } from './writeSafetensors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with the given header and so many data bytes. */
async function fileOf(header: unknown, dataBytes: number): Promise<string> {
  const isText = typeof header === 'string' || Buffer.isBuffer(header);
  const json = Buffer.from(isText ? header : JSON.stringify(header));
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
  const emptyF32 = JSON.stringify(f32([0, 2 ** 32, 2 ** 32], 4, 4));
  const oneF32 = JSON.stringify(f32([1], 0, 4));
  const f32Rest = '"shape":[1],"data_offsets":[0,4]';
  test.each<[string, unknown, number]>([
    ['is truncated', { a: f32([4], 0, 16) }, 12],
    ['overlapping offsets', { a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12],
    ['unused', { a: f32([1], 4, 8) }, 8],
    ['after the last tensor', { a: f32([1], 0, 4) }, 8],
    ['gives a 8 bytes, [3] of F32 needs 12', { a: f32([3], 0, 8) }, 8],
    ['a whole number', { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4],
    ['a whole number', '{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', 8],
    ['a whole number', '{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', 8],
    ['a whole number', '{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}', 0],
    ['a whole number', '{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', 4],
    ['64 dimensions', { a: f32(new Array(100).fill(1), 0, 4) }, 4],
    ['impossible shape', { a: f32([2 ** 32, 2 ** 32, 0], 0, 0) }, 0],
    ['no valid dtype', { a: { shape: [1], data_offsets: [0, 4] } }, 4],
    ['no valid dtype', { a: { dtype: 'F32', data_offsets: [0, 4] } }, 4],
    ['no valid dtype', { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4],
    ['the type "f32", which', { a: { dtype: 'f32', shape: [1], data_offsets: [0, 4] } }, 4],
    [
      'the type "toString", which',
      { a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } },
      4,
    ],
    ['needs 1.5', { a: { dtype: 'F4', shape: [3], data_offsets: [0, 1] } }, 1],
    ["'{' is missing", { a: null }, 0],
    ["'{' is missing", { a: ['F32', [1], [0, 4]] }, 4],
    ['the field dtype twice', `{"a":{"dtype":"F32",${f32Rest},"dtype":"I32"}}`, 4],
    ['the field shape twice', `{"a":{"dtype":"F32",${f32Rest},"shape":[1]}}`, 4],
    [
      'twice, and differently',
      `{"a":{"dtype":"F32",${f32Rest}},"a":{"dtype":"I32",${f32Rest}}}`,
      4,
    ],
    ['__metadata__ twice', '{"__metadata__":{},"__metadata__":{}}', 0],
    ['whose "k" is no text', { __metadata__: { k: 1 } }, 0],
    ['not an object of texts', { __metadata__: ['k'] }, 0],
    ['not an object of texts', { __metadata__: 'k' }, 0],
    ['is missing at character 0', '\ufeff{}', 0],
    ['half a character', '{"\\ud83d":{}}', 0],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 0],
    ['the string at character 2 is damaged', '{"\n":{}}', 0],
    ['ends inside a string', '{"a', 0],
    ['more text follows', '{} {}', 0],
    ['more text follows', '{}\0', 0],
    ['not JSON', '{"a": ', 0],
    ['not JSON', '{"__metadata__":{},}', 0],
    ['not JSON', '', 0],
    ["'{' is missing", '7', 0],
    ["'{' is missing", 'null', 0],
    ["'{' is missing", '[]', 0],
    ['128 levels deep', `{"a":{"x":${'['.repeat(5000)}`, 0],
    ['is missing', `{"a":{"x":${'[01]'}}}`, 0],
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

  test.each<[string, string, number]>([
    ['blanks around', ' \n{ "a" : {"dtype":"F32", "shape":[1],"data_offsets":[0,4]}\t}\r\n  ', 4],
    ['a name given twice with the same content', `{"a":${oneF32},"a":${oneF32}}`, 4],
    ['empty metadata', `{"__metadata__":null,"a":${oneF32}}`, 4],
    ['metadata keys given twice', `{"__metadata__":{"k":"1","k":"2"},"a":${oneF32}}`, 4],
    ['unknown fields', `{"a":{"x":[{"y":-1.5e3}],"x":null,"dtype":"F32",${f32Rest}}}`, 4],
    ['a shape of [0, 2^32, 2^32]', `{"a":${oneF32},"b":${emptyF32}}`, 4],
  ])('are read as by the Rust reader: %s', async (_, header, bytes) => {
    expect((await readSafetensors(await fileOf(header, bytes))).a).toEqual({
      shape: [1],
      data: new Float32Array(1),
    });
  });

  test('keep a tensor called __proto__, and one with a name of two surrogates', async () => {
    const path = join(folder, 'proto.safetensors');
    const named = Object.fromEntries(['__proto__', '😀', ''].map((name) => [name, tensors.b]));
    await writeSafetensors(path, named);
    expect(Object.entries(await readSafetensors(path))).toEqual(
      ['', '__proto__', '😀'].map((name) => [name, tensors.b]),
    );
  });

  test('a type that cannot be read is named, and blocks nothing but itself', async () => {
    const path = await fileOf(
      { a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] }, b: f32([1], 4, 8) },
      8,
    );
    const file = await openSafetensors(path);
    expect(await file.read('b')).toEqual(new Float32Array(1));
    await expect(file.read('a')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('holds "a" as F8_E4M3'),
    });
    await file.close();
    await expect(readSafetensors(path)).rejects.toMatchObject({ code: 'unsupported' });
  });

  test.each(['I8', 'U8', 'F8_E4M3'])(
    '%s, in which weights are quantised, is refused with the way out',
    async (dtype) => {
      const path = await fileOf({ a: { dtype, shape: [4], data_offsets: [0, 4] } }, 4);
      await expect(readSafetensors(path)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(
          `holds "a" as ${dtype}, .* do not say how they are scaled: loadModel reads .* GGUF`,
        ),
      });
    },
  );

  test('read() names what is there, and says that a file was closed', async () => {
    const path = join(folder, 'x.safetensors');
    await writeSafetensors(path, tensors);
    const file = await openSafetensors(path);
    await expect(file.read('nope')).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining('has no tensor "nope". It holds ["a","b","empty"]'),
    });
    await file.close();
    await file.close();
    await expect(file.read('a')).rejects.toMatchObject({ code: 'option' });
  });

  test.each([
    ['a Git-LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'],
    ['a PyTorch file', 'PK\x03\x04\x14\x08\x08\x08\0\0'],
    ['a GGUF file', 'GGUF\x03\0\0\0\x01'],
    ['a web page', '<!DOCTYPE html><html></html>'],
  ])('a file of another kind is named: %s', async (what, content) => {
    const path = join(folder, 'other.safetensors');
    await writeFile(path, content, 'latin1');
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(what),
    });
  });

  test('paths may be file: URLs; anything else is an option error', async () => {
    const url = pathToFileURL(join(folder, 'url.safetensors'));
    await writeSafetensors(url, tensors);
    expect(await readSafetensors(url)).toEqual(tensors);
    const wrong = [new URL('ftp://example.org/x'), '', undefined, 7] as string[];
    for (const path of wrong) {
      await expect(openSafetensors(path)).rejects.toMatchObject({ code: 'option' });
      await expect(writeSafetensors(path, tensors)).rejects.toMatchObject({ code: 'option' });
    }
  });
});

describe('writeSafetensors', () => {
  const data = new Float32Array([1, 2]);
  test.each<[string, unknown]>([
    ['kind Float64Array', { x: { shape: [2], data: new Float64Array(2) } }],
    ['kind Uint8Array', { x: { shape: [2], data: new Uint8Array(2) } }],
    ['kind Array', { x: { shape: [2], data: [1, 2] } }],
    ['kind undefined', { x: { shape: [2] } }],
    ['kind undefined', { x: null }],
    ['shape [-2]', { x: { shape: [-2], data } }],
    ['shape [1.5]', { x: { shape: [1.5], data } }],
    ['shape undefined', { x: { data } }],
    ['shape [3] asks for 3', { x: { shape: [3], data } }],
    ['name of the metadata', { __metadata__: { shape: [2], data } }],
    ['half a character', { '\ud83d': { shape: [2], data } }],
    ['must be an object', null],
  ])('refuses what could not be read again: %s', async (message, tensors) => {
    const path = join(folder, 'refused.safetensors');
    const writing = writeSafetensors(path, tensors as Record<string, StoredTensor>);
    await expect(writing).rejects.toThrow(message);
    await expect(writing).rejects.toBeInstanceOf(Qwen3Error);
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  test.each(['bf16', 'float16', 'F32', 'toString', '', null, 7])(
    'refuses the dtype %o',
    async (dtype) => {
      const options = { dtype: dtype as 'float32' };
      await expect(
        writeSafetensors(join(folder, 'x'), { x: { shape: [2], data } }, options),
      ).rejects.toMatchObject({
        code: 'option',
        message: expect.stringContaining("'float32' or 'bfloat16'"),
      });
    },
  );

  test('stores NaN, -0 and what bfloat16 cannot hold as PyTorch does', async () => {
    const path = join(folder, 'special.safetensors');
    const special = { x: { shape: [4], data: new Float32Array([Number.NaN, -0, 3.4e38, 1e-40]) } };
    await writeSafetensors(path, special);
    expect(await readSafetensors(path)).toEqual(special);
    await writeSafetensors(path, special, { dtype: 'bfloat16' });
    const [nan, zero, large] = (await readSafetensors(path)).x!.data;
    expect([nan, zero, large]).toEqual([Number.NaN, -0, Number.POSITIVE_INFINITY]);
  });
});
