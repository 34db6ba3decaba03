import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { ModelFiles } from './modelFiles.ts';
import { openTensorFile, type TensorFile } from './openSafetensors.ts';
import type { SafetensorsEntry } from './safetensorsHeader.ts';

/** Says which file of a sharded checkpoint holds which tensor. */
export const INDEX_FILE = 'model.safetensors.index.json';

/**
 * A checkpoint in several files as if it were one. All headers are read and compared with the index; tensors are read one
 * at a time.
 *
 * @throws {Qwen3Error} `checkpoint` if the index is no index, a file is missing or damaged, holds a tensor that the index
 * does not give it, or lacks one (two files were swapped, or are of another model); `io` as `openSafetensors`.
 */
export async function openShards(files: ModelFiles): Promise<TensorFile> {
  const path = files.at(INDEX_FILE);
  const fail = (what: string): never => {
    throw new Qwen3Error('checkpoint', `loadModel: ${path} ${what}`);
  };
  const shardOf = readWeightMap(await files.json(INDEX_FILE), fail);
  const shards = new Map<string, TensorFile>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const name of new Set(shardOf.values())) {
      if (!(await files.has(name))) {
        fail(`names the file ${name}, which is not there. Copy or download it, too.`);
      }
      shards.set(name, await openTensorFile(files.at(name)));
    }
    const entries = mergedEntries(shardOf, shards, fail);
    const shardWith = (name: string): TensorFile => {
      const shard = shards.get(shardOf.get(name) ?? '');
      if (shard) return shard;
      throw new Qwen3Error(
        'option',
        `SafetensorsFile.read: ${path} has no tensor ${showValue(name)}.`,
      );
    };
    return {
      entries,
      metadata: {},
      read: async (name) => shardWith(name).read(name),
      bytes: async (name) => shardWith(name).bytes(name),
      place: (name) => shardWith(name).place(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Fail = (what: string) => never;

/** A name such as `../other` would leave the folder. */
const PLAIN_NAME = /^[^/\\]+\.safetensors$/;

function readWeightMap(index: Record<string, unknown>, fail: Fail): Map<string, string> {
  const { weight_map: map } = index;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    return fail(
      `must hold an object weight_map, got ${showValue(map)}. It is no index, or damaged.`,
    );
  }
  for (const [name, file] of Object.entries(map)) {
    if (typeof file === 'string' && PLAIN_NAME.test(file)) continue;
    fail(`puts ${showValue(name)} in ${showValue(file)}, which is no file of the same folder.`);
  }
  return new Map(Object.entries(map as Record<string, string>));
}

function mergedEntries(
  shardOf: Map<string, string>,
  shards: Map<string, TensorFile>,
  fail: Fail,
): Map<string, SafetensorsEntry> {
  const entries = new Map<string, SafetensorsEntry>();
  for (const [file, { entries: own }] of shards) {
    for (const [name, entry] of own) {
      if (shardOf.get(name) !== file) {
        const where = shardOf.get(name) ?? 'no file';
        fail(
          `puts ${showValue(name)} in ${where}, but ${file} holds it. The files are of different checkpoints, or two were swapped.`,
        );
      }
      entries.set(name, entry);
    }
  }
  for (const [name, file] of shardOf) {
    if (entries.has(name)) continue;
    fail(
      `puts ${showValue(name)} in ${file}, which does not hold it. The files are of different checkpoints, or two were swapped.`,
    );
  }
  return entries;
}
