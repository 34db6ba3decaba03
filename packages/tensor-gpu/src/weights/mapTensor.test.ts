import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ones } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linear, openCpu } from '../index.ts';
import { mapTensor } from './mapTensor.ts';

let folder: string;
let file: string;
/** More than one page, so that offsets reach over page borders. */
const values = Float32Array.from({ length: 40_000 }, (_, i) => i / 8);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'molrl-map-'));
  file = join(folder, 'weights.bin');
  writeFileSync(file, values);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('mapTensor', () => {
  test.each([0, 8, 65536, 65540, 130_000])('reads the file from byte %i on', (offset) => {
    const weight = mapTensor(file, { offset, shape: [30, 10], dtype: 'f32' });
    expect(weight.dataSync()).toEqual(values.slice(offset / 4, offset / 4 + 300));
    expect(weight.byteLength).toBe(1200);
    weight.dispose();
  });

  test('takes a file: URL, and the last byte of the file', () => {
    const options = { offset: 159_996, shape: [1], dtype: 'f32' } as const;
    const weight = mapTensor(pathToFileURL(file), options);
    expect([...weight.dataSync()]).toEqual([4999.875]);
    weight.dispose();
  });

  test('takes nothing of the JavaScript heap, and is readable after its file is gone', () => {
    const other = join(folder, 'gone.bin');
    writeFileSync(other, values.subarray(0, 4));
    const weight = mapTensor(other, { offset: 0, shape: [4], dtype: 'f32' });
    rmSync(other);
    expect([...weight.dataSync()]).toEqual([0, 0.125, 0.25, 0.375]);
    weight.dispose();
  });

  test('dispose ends its use, a hold lets the reader finish', () => {
    const weight = mapTensor(file, { offset: 0, shape: [2], dtype: 'f32' });
    const hold = weight.hold();
    weight.dispose();
    weight.dispose();
    expect(weight.isDisposed).toBe(true);
    expect(new Float32Array(hold.bytes().slice().buffer)).toEqual(values.slice(0, 2));
    hold.release();
    hold.release();
    expect(() => weight.dataSync()).toThrow(/the weight \[2\] of .*weights.bin at byte 0 was dis/);
  });

  test('throws `file` for a file that is cut short, with the number of bytes missing', () => {
    const cut = join(folder, 'cut.bin');
    writeFileSync(cut, values);
    truncateSync(cut, 100);
    const map = () => mapTensor(cut, { offset: 20, shape: [3, 10], dtype: 'f32' });
    expect(map).toThrow(
      /cut.bin has 100 bytes, \[3,10\] of f32 at offset 20 takes 120: 40 are missing/,
    );
    expect(map).toThrow(expect.objectContaining({ code: 'file' }));
    const none = () => mapTensor(join(folder, 'none'), { offset: 0, shape: [1], dtype: 'f32' });
    expect(none).toThrow(/cannot open .*none: ENOENT/);
    expect(() => mapTensor(folder, { offset: 0, shape: [1], dtype: 'f32' })).toThrow(
      /is not a file/,
    );
  });

  test.each([
    [{ offset: 2, shape: [1], dtype: 'f32' }, /offset must be a multiple of 4 for f32, got 2/],
    [{ offset: -4, shape: [1], dtype: 'f32' }, /offset must be an integer >= 0, got -4/],
    [{ shape: [1], dtype: 'f32' }, /offset must be an integer >= 0, got undefined/],
    [{ offset: 0, shape: [2, 31], dtype: 'q4_0' }, /\[2,31\] must be a multiple of 32 for q4_0/],
    [{ offset: 0, shape: [2 ** 19], dtype: 'q8_0' }, /rows of q8_0 have at most 262144 elements/],
    [{ offset: 0, shape: [], dtype: 'f32' }, /shape must be a list of integers >= 1, got \[\]/],
    [{ offset: 0, shape: [1.5], dtype: 'f32' }, /got \[1.5\]/],
    [{ offset: 0, shape: [1], dtype: 'float32' }, /dtype must be 'f32' or 'bf16'.*'float32'/],
    [{ offset: 0, shape: [1], type: 'f32' }, /unknown option 'type'/],
  ])('refuses %j', (options, message) => {
    expect(() => mapTensor(file, options as never)).toThrow(message);
  });

  test('refuses what is no path', () => {
    const options = { offset: 0, shape: [1], dtype: 'f32' } as const;
    expect(() => mapTensor('', options)).toThrow(/file must be a path or a file: URL/);
    expect(() => mapTensor(new URL('https://a.test/b'), options)).toThrow(/got https:/);
  });
});

test('a weight that is disposed at once was read by what was asked for before', async () => {
  const device = await openCpu({ threads: 2 });
  const x = ones([64, 200]);
  const products = Array.from({ length: 20 }, (_, row) => {
    const weight = mapTensor(file, { offset: 4 * row, shape: [190, 200], dtype: 'f32' });
    const y = linear(x, weight);
    weight.dispose();
    return y;
  });
  for (const [row, y] of products.entries()) {
    const first = values.subarray(row, row + 200).reduce((sum, value) => sum + value, 0);
    expect(y.dataSync()[0]).toBeCloseTo(first, 1);
  }
  device.dispose();
});
