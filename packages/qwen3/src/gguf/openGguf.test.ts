import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { narrow } from '@molrl/tensor-gpu';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Qwen3Error } from '../base/errors.ts';
import { ggmlTypeOf, type WrittenType } from './ggmlTypes.ts';
import { type GgufFile, openGguf } from './openGguf.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/gguf/${name}`, import.meta.url));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gguf-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('tensors of a GGUF file', () => {
  let file: GgufFile;
  beforeAll(async () => {
    file = await openGguf(fixture('types.gguf'));
  });
  afterAll(() => file.close());
  const bits = async (name: string): Promise<Uint32Array> =>
    new Uint32Array((await file.read(name)).buffer);

  test.each(['F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q4_K', 'Q5_K', 'Q6_K'])(
    '%s: the same bits as gguf-py',
    async (name) => {
      expect(file.entries.get(name)).toMatchObject({ shape: [2, 256], type: { name } });
      expect(await bits(name)).toEqual(await bits(`${name}.values`));
    },
  );

  test.each<WrittenType>(['F16', 'BF16', 'Q8_0'])('%s is written as gguf-py does', async (name) => {
    const { offset, bytes } = file.entries.get(`${name}.written`)!;
    const whole = await readFile(fixture('types.gguf'));
    const written = narrow(await file.read(`${name}.source`), ggmlTypeOf(name).dtype);
    expect([...written]).toEqual([...whole.subarray(offset, offset + bytes)]);
  });

  test('a name that is not there, and reading after close, throw `option`', async () => {
    await expect(file.read('nope')).rejects.toMatchObject({ code: 'option' });
    const other = await openGguf(fixture('types.gguf'));
    await other.close();
    await expect(other.read('F16')).rejects.toMatchObject({ code: 'option' });
  });

  test('a read that began before close ends; one after it is refused while the file closes', async () => {
    const other = await openGguf(fixture('types.gguf'));
    const before = other.read('F16');
    const closing = other.close();
    await expect(other.read('F16')).rejects.toMatchObject({ code: 'option' });
    await closing;
    expect(new Uint32Array((await before).buffer)).toEqual(await bits('F16'));
  });
});

describe('hostile headers', () => {
  /** A header of these parts, a letter a byte; numbers are 64 bits, those in lists 32. */
  function bytesOf(...parts: (string | number | bigint | number[])[]): string {
    const bytes = parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1');
      if (Array.isArray(part)) return Buffer.from(Uint32Array.from(part).buffer);
      return Buffer.from(BigUint64Array.of(BigInt(part)).buffer);
    });
    return Buffer.concat(bytes).toString('latin1');
  }
  const text = (value: string): string => bytesOf(value.length, value);
  const key = (name: string, type: number): string => text(name) + bytesOf([type]);
  const head = (tensors: number | bigint, values: number | bigint): string =>
    bytesOf('GGUF', [3], tensors, values);
  const tensor = (name: string, size: number, type: number, offset: number): string =>
    text(name) + bytesOf([1], size, [type], offset);
  const HUGE = 2n ** 63n;
  const filler = '\0'.repeat(500);

  async function refusal(content: string | Buffer): Promise<Qwen3Error> {
    const path = join(root, 'hostile.gguf');
    await writeFile(path, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
    const before = process.memoryUsage().rss;
    const error = await openGguf(path).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(40e6); // nothing of an announced size
    expect(error).toBeInstanceOf(Qwen3Error);
    return error as Qwen3Error;
  }

  test.each<[string, string | Buffer, RegExp]>([
    ['an empty file', '', /does not begin with GGUF/],
    ['a web page', '<!DOCTYPE html>', /web page/],
    ['three bytes', 'GGU', /does not begin/],
    ['the magic alone', 'GGUF', /4 bytes, its header asks for 8/],
    ['version 1', bytesOf('GGUF', [1, 0, 0]), /version 1.*Convert/],
    ['version 9', bytesOf('GGUF', [9], 0, 0), /version 9/],
    ['big-endian', 'GGUF\0\0\0\x03', /big-endian/],
    ['2^63 values', head(0, HUGE) + filler, /announces 9223372036854776000 metadata values/],
    ['2^63 tensors', head(HUGE, 0) + filler, /announces 9223372036854776000 tensors/],
    ['a key of 2^60 bytes', head(0, 1) + bytesOf(2n ** 60n) + filler, /name of .* bytes/],
    ['a text of 2^63 bytes', head(0, 1) + key('a.b', 8) + bytesOf(HUGE), /header asks for/],
    [
      'a list of 2^63 numbers',
      head(0, 1) + key('a.b', 9) + bytesOf([5], HUGE) + filler,
      /header asks for/,
    ],
    [
      'a list of 2^40 texts',
      head(0, 1) + key('tokenizer.ggml.tokens', 9) + bytesOf([8], 2 ** 40) + filler,
      /announces 1099511627776 texts/,
    ],
    [
      'a list of lists',
      head(0, 1) + key('a.b', 9) + bytesOf([9], 1, [9], 1) + filler,
      /lists of lists/,
    ],
    ['an unknown type', head(0, 1) + key('a.b', 77) + filler, /type 77/],
    ['a key twice', `${head(0, 2)}${key('a.b', 7)}x${key('a.b', 7)}x`, /"a.b" twice/],
    [
      'a strange alignment',
      head(0, 1) + key('general.alignment', 4) + bytesOf([3]),
      /power of two/,
    ],
    ['one of several files', `${head(0, 1) + key('split.count', 2)}\x03\0`, /one of 3 parts/],
    ['100 dimensions', head(1, 0) + text('a') + bytesOf([100]) + filler, /100 dimensions/],
    [
      'a huge tensor',
      head(1, 0) + tensor('a', 2 ** 50, 0, 0) + filler,
      /bytes of \d+ are not|dimension/,
    ],
    ['a tensor beyond the end', head(1, 0) + tensor('a', 4, 0, 2 ** 20) + filler, /at byte 10\d+/],
    [
      'two tensors in one place',
      head(2, 0) + tensor('a', 4, 0, 0) + tensor('b', 4, 0, 0) + filler,
      /"b" inside "a"/,
    ],
    [
      'a tensor twice',
      head(2, 0) + tensor('a', 4, 0, 0) + tensor('a', 4, 0, 32) + filler,
      /"a" twice/,
    ],
    ['half a block', head(1, 0) + tensor('a', 40, 8, 0) + filler, /no multiple of 32/],
    [
      'a type that cannot be read',
      head(1, 0) + tensor('a', 256, 10, 0) + filler,
      /Q2_K.*requantise/,
    ],
    ['a type that is none', head(1, 0) + tensor('a', 256, 4, 0) + filler, /type number 4/],
  ])('%s', async (_, content, message) => {
    expect((await refusal(content)).message).toMatch(message);
  });

  test('a file cut anywhere in its header, or in a tensor', async () => {
    const whole = await readFile(fixture('qwen3.gguf'));
    for (const length of [9, 40, 1000, 4000, 6000, whole.length - 40]) {
      expect((await refusal(whole.subarray(0, length))).code).toBe('checkpoint');
    }
  });

  test('random bytes in a header: read, or an error of this package', async () => {
    const whole = await readFile(fixture('llama.gguf'));
    const path = join(root, 'random.gguf');
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    await copyFile(fixture('llama.gguf'), path);
    const handle = await open(path, 'r+');
    for (let trial = 0; trial < 50; trial++) {
      const at = random(5000);
      await handle.write(Buffer.of(random(256), random(256)), 0, 2, at);
      const outcome = await openGguf(path).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(Qwen3Error);
      else await (outcome as GgufFile).close();
      await handle.write(whole, at, 2, at);
    }
    await handle.close();
  });
});
