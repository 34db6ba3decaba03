import { join, randomHex, readdir, rm } from '#platform';
import { INDEX_FILE } from './openShards.ts';
import { writeFileAtomically } from './writeFileAtomically.ts';
import { storedBytes, type TensorToWrite, writeTensors } from './writeSafetensors.ts';

const SINGLE_FILE = 'model.safetensors';
/** Files of weights that this function has written, or transformers. */
const SHARD = /^model(\.[0-9a-f]{6})?-\d{5}-of-\d{5}\.safetensors$/;

/**
 * Writes a model's weights into one file, or into several with an index. What was there stays valid until the new is
 * complete, and is removed then: a loader would take it for the model, or mix the two.
 *
 * @returns names of the files.
 */
export async function writeWeights(
  folder: string,
  tensors: readonly TensorToWrite[],
  maxShardBytes: number,
): Promise<string[]> {
  const before = (await readdir(folder).catch(() => [])).filter((name) => SHARD.test(name));
  const shards = splitByBytes(tensors, maxShardBytes);
  if (shards.length <= 1) {
    await writeTensors(join(folder, SINGLE_FILE), tensors); // loaders take it before an index
    await remove(folder, [INDEX_FILE, ...before]);
    return [SINGLE_FILE];
  }
  const names = shardNames(shards.length, before);
  try {
    for (const [i, shard] of shards.entries()) {
      await writeTensors(join(folder, names[i]!), shard);
    }
    const index = indexOf(shards, names);
    await writeFileAtomically(join(folder, INDEX_FILE), [`${JSON.stringify(index, null, 2)}\n`]);
  } catch (error) {
    await remove(folder, names);
    throw error;
  }
  await remove(folder, [SINGLE_FILE, ...before]);
  return [...names, INDEX_FILE];
}

/** In the order of the model; a tensor larger than the limit has a file of its own. */
function splitByBytes(tensors: readonly TensorToWrite[], limit: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = storedBytes(tensor);
    if (shards.length === 0 || bytes > room) {
      shards.push([]);
      room = limit;
    }
    shards.at(-1)!.push(tensor); // there is one now
    room -= bytes;
  }
  return shards;
}

/** The usual names, or others where those are in use: an old index must not point at new files. */
function shardNames(count: number, taken: readonly string[]): string[] {
  const digits = (n: number): string => String(n).padStart(5, '0');
  const named = (tag: string): string[] =>
    Array.from(
      { length: count },
      (_, i) => `model${tag}-${digits(i + 1)}-of-${digits(count)}.safetensors`,
    );
  const usual = named('');
  return usual.some((name) => taken.includes(name)) ? named(`.${randomHex(3)}`) : usual;
}

function indexOf(shards: TensorToWrite[][], names: readonly string[]): object {
  const places = shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]!] as const));
  const sum = (sizeOf: (tensor: TensorToWrite) => number): number =>
    shards.flat().reduce((total, tensor) => total + sizeOf(tensor), 0);
  return {
    metadata: {
      total_parameters: sum(({ shape }) => shape.reduce((product, n) => product * n, 1)),
      total_size: sum(storedBytes),
    },
    weight_map: Object.fromEntries(places),
  };
}

async function remove(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { force: true });
}
