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
  const found = new Map<string, Uint8Array>();
  for (const { name, content } of filesOf(bytes))
    if (WANTED.includes(name)) found.set(name, content);
  const missing = WANTED.filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new Error(`engine: the checkpoint that came has no ${missing.join(' and no ')}.`);
  const [config, weights] = WANTED.map((name) => found.get(name)!); // none is missing
  await replaceFile(join(folder, WANTED[0]!), withTargets(config!, weights!));
  await replaceFile(join(folder, WANTED[1]!), weights!);
}

/** SkyRL 0.4.0 leaves `target_modules` null, which PEFT takes for the usual two layers: the tensors say which they are. */
function withTargets(config: Uint8Array, weights: Uint8Array): Uint8Array | string {
  const settings = JSON.parse(Buffer.from(config).toString('utf8')) as Record<string, unknown>;
  if (settings.target_modules !== null && settings.target_modules !== undefined) return config;
  const length = Number(Buffer.from(weights.subarray(0, 8)).readBigUInt64LE()); // of the header of a safetensors file
  const header = JSON.parse(Buffer.from(weights.subarray(8, 8 + length)).toString('utf8'));
  const targets = Object.keys(header).flatMap((name) => /([^.]+)\.lora_A\./.exec(name)?.[1] ?? []);
  return JSON.stringify({ ...settings, target_modules: [...new Set(targets)].sort() }, null, 2);
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
