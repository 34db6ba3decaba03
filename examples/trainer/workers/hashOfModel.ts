import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { filesOfModel } from './runRecord.ts';

/** SHA-256 of what makes a model: weights, config and tokenizer of a folder, or a GGUF file. */
export async function hashOfModel(source: string): Promise<string> {
  const isFile = (await stat(source)).isFile();
  const folder = isFile ? dirname(source) : source;
  const names = isFile ? [basename(source)] : filesOfModel(await readdir(folder));
  const hash = createHash('sha256');
  for (const name of names) {
    hash.update(name);
    await addFile(hash, join(folder, name));
  }
  return hash.digest('hex');
}

async function addFile(hash: Hash, file: string): Promise<void> {
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
}
