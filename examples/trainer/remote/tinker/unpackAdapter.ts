import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { replaceFile } from '../../harness/replaceFile.ts';

/** The files of a PEFT adapter. */
const WANTED = ['adapter_config.json', 'adapter_model.safetensors'];
const BLOCK = 512;

/**
 * Writes the adapter of a checkpoint's archive (tar, packed with gzip or not) into a folder. Nothing else in it is written.
 *
 * @throws {Error} unless both of its files are there.
 */
export async function unpackAdapter(archive: Uint8Array, folder: string): Promise<void> {
  const isPacked = archive[0] === 0x1f && archive[1] === 0x8b;
  const bytes = isPacked ? await promisify(gunzip)(archive) : archive;
  const found = new Set<string>();
  for (const { name, content } of filesOf(bytes)) {
    if (!WANTED.includes(name)) continue;
    await replaceFile(join(folder, name), content);
    found.add(name);
  }
  const missing = WANTED.filter((name) => !found.has(name));
  if (missing.length === 0) return;
  throw new Error(`engine: the checkpoint that came has no ${missing.join(' and no ')}.`);
}

/** @see https://www.gnu.org/software/tar/manual/html_node/Standard.html */
function* filesOf(bytes: Uint8Array): Generator<{ name: string; content: Uint8Array }> {
  const text = (from: number, length: number): string =>
    Buffer.from(bytes.subarray(from, from + length))
      .toString('latin1')
      .replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const kind = text(at + 156, 1);
    if (!(size >= 0) || content.length !== size)
      throw new Error('engine: the archive of the checkpoint ends inside a file.');
    if (kind === '0' || kind === '') yield { name: basename(text(at, 100)), content };
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
}
