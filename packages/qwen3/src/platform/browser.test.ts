import { describe, expect, test } from 'vitest';
import * as disk from './browser.ts';
import * as node from './node.ts';

const write = async (path: string, chunk: Uint8Array | Blob | string): Promise<void> => {
  const file = await disk.open(path, 'wx');
  await file.writeFile(chunk);
  await file.close();
};
const textOf = async (path: string): Promise<string> =>
  new TextDecoder().decode(await disk.readFile(path));
const codeOf = (job: Promise<unknown>): Promise<unknown> =>
  job.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

describe('the disk in memory', () => {
  test('has what Node has', () => {
    expect(Object.keys(disk).sort()).toEqual(Object.keys(node).sort());
  });

  test('keeps files by their whole path, and folders by what lies in them', async () => {
    await write('model/config.json', '{}');
    await write('model/deep/weights.bin', Uint8Array.of(1, 2, 3));
    expect(await textOf('/model/deep/../config.json')).toBe('{}');
    expect(await disk.readdir('model')).toEqual(['config.json', 'deep']);
    expect((await disk.stat('model/deep')).isDirectory()).toBe(true);
    await disk.rename('model/config.json', 'model/other.json');
    expect(await textOf('model/other.json')).toBe('{}');
    await disk.rm('model', { force: true, recursive: true });
    expect(await codeOf(disk.stat('model'))).toBe('ENOENT');
  });

  test('reads a piece of a Blob, and copies the bytes it is given', async () => {
    const bytes = Uint8Array.of(5, 6, 7, 8);
    await write('a.bin', bytes);
    await write('b.bin', new Blob([bytes]));
    bytes.fill(0);
    for (const name of ['a.bin', 'b.bin']) {
      const file = await disk.open(name, 'r');
      const into = new Uint8Array(3);
      expect(await file.read(into, 1, 2, 1)).toEqual({ bytesRead: 2 });
      expect([...into]).toEqual([0, 6, 7]);
      expect(await file.stat()).toEqual({ size: 4 });
      await disk.rm(name, { force: true });
    }
  });

  test('refuses with the codes of Node', async () => {
    await write('folder/file', 'x');
    expect(await codeOf(disk.readFile('absent'))).toBe('ENOENT');
    expect(await codeOf(disk.readFile('folder'))).toBe('EISDIR');
    expect(await codeOf(disk.readdir('folder/file'))).toBe('ENOTDIR');
    expect(await codeOf(disk.open('folder/file', 'wx'))).toBe('EEXIST');
    await disk.rm('folder', { force: true, recursive: true });
  });

  test('parts of paths are those of Node', () => {
    for (const path of ['/a/b.c', '/a', '/a/b/../c/']) {
      const whole = disk.resolve(path);
      expect(whole).toBe(node.resolve(path));
      expect(disk.basename(whole)).toBe(node.basename(whole));
      expect(disk.dirname(whole)).toBe(node.dirname(whole));
    }
  });
});
