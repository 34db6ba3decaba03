import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TrainerSettings } from '../config/schema.ts';

/** What a worker needs to know of a run: what it plays, and that it has the same files. */
export interface RunRecord {
  version: 1;
  settings: TrainerSettings;
  /** SHA-256 of the base model. */
  model: string;
  /** SHA-256 of the game's files, by path. */
  files: Readonly<Record<string, string>>;
}

/** SHA-256 of what makes a model: weights, config and tokenizer of a folder, or a GGUF file. */
export async function hashOfModel(source: string): Promise<string> {
  const isFile = (await stat(source)).isFile();
  const folder = isFile ? dirname(source) : source;
  const names = isFile ? [basename(source)] : (await readdir(folder)).filter(isOfModel).sort();
  const hash = createHash('sha256');
  for (const name of names) {
    hash.update(name);
    await addFile(hash, join(folder, name));
  }
  return hash.digest('hex');
}

const isOfModel = (name: string): boolean =>
  /^(config|tokenizer|tokenizer_config)\.json$|\.safetensors$/.test(name);

async function addFile(hash: Hash, file: string): Promise<void> {
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
}

/** The files of the run's game that this machine has otherwise. @returns One line each. */
export const differingFiles = (
  { files }: Pick<RunRecord, 'files'>,
  own: RunRecord['files'],
): string[] =>
  Object.entries(files)
    .filter(([path, hash]) => own[path] !== hash)
    .map(([path]) => `${path} is another file here`);

/** Why a machine cannot work for the run, and what to do. */
export const hasOthers = (what: string): string =>
  `worker: ${what}. The run was described with others: copy its files here, under the same paths.`;
