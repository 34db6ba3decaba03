import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFileAtomically } from './writeFileAtomically.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qwen3-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomically', () => {
  test('makes missing folders and leaves nothing but the file', async () => {
    await writeFileAtomically(join(folder, 'a/b/c.txt'), ['one ', 'two']);
    expect(await readFile(join(folder, 'a/b/c.txt'), 'utf8')).toBe('one two');
    expect(await readdir(join(folder, 'a/b'))).toEqual(['c.txt']);
  });

  test('a failure half-way keeps the old content and removes the temporary file', async () => {
    const path = join(folder, 'kept/x.txt');
    await writeFileAtomically(path, ['old']);
    function* full(): Generator<string> {
      yield 'new, first half';
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    }
    const error = await writeFileAtomically(path, full()).catch((e) => e);
    expect(error).toMatchObject({
      code: 'io',
      message: expect.stringContaining('The disk is full'),
    });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(join(folder, 'kept'))).toEqual(['x.txt']);
  });

  test('says so when a part of the path is a file', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(writeFileAtomically(join(folder, 'file/x'), ['x'])).rejects.toMatchObject({
      code: 'io',
    });
  });
});
