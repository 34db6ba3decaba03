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

/** Of a folder's files those that make a model, in the order in which they are hashed: each name, then its content. */
export const filesOfModel = (names: readonly string[]): string[] =>
  names
    .filter((name) => /^(config|tokenizer|tokenizer_config)\.json$|\.safetensors$/.test(name))
    .sort();

/** The files of the run's game that this machine has otherwise. @returns One line each. */
export const differingFiles = (
  { files }: Pick<RunRecord, 'files'>,
  own: RunRecord['files'],
): string[] =>
  Object.entries(files)
    .filter(([path, hash]) => own[path] !== hash)
    .map(([path]) => `${path} is another file here`);
