import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Qwen3, saveAdapter } from '@molrl/qwen3';
import { weightVersion } from '@molrl/tensor-gpu';
import { exists } from '../base/exists.ts';
import type { SamplingServer } from './samplingServer.ts';

export interface AdapterVersionsOptions {
  server: Pick<SamplingServer, 'base' | 'loadAdapter' | 'unloadAdapter'>;
  /** Where adapters are written, as this process and the server see it. */
  folder: string;
}

/** The model's weights on a server, each version under a name of its own. */
export interface AdapterVersions {
  /**
   * Runs `sample` with the name that the model's present weights are served under; that version stays until it has ended.
   *
   * @param sample - `isNew`: nobody has sampled from it before.
   */
  use<T>(model: Qwen3, sample: (name: string, isNew: boolean) => Promise<T>): Promise<T>;
  /** Loads the model's present weights; their version stays until it is dropped. */
  hold(model: Qwen3): Promise<{ name: string; isNew: boolean }>;
  /** A version that stays until the work is done, whatever becomes of the model. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** It was held, and is not needed any more. */
  drop(name: string): Promise<void>;
  /** Loads the present version once more, for a server that was restarted. */
  reload(name: string): Promise<void>;
  /** Unloads and removes what is left. */
  close(): Promise<void>;
}

/**
 * A version is named by what it holds and its folder never changes: a server that drops an adapter reads it again from
 * there, and one whose name stays would serve keys and values of older weights from its prefix cache.
 */
export function adapterVersions({ server, folder }: AdapterVersionsOptions): AdapterVersions {
  const users = new Map<string, number>(); // by name, of versions that are loaded
  let cleaned: Promise<void> | undefined;
  let known: { written: string; name: string } | undefined;

  const current = async (model: Qwen3): Promise<{ name: string; isNew: boolean }> => {
    const { adapter } = model;
    if (!adapter?.enabled) return { name: server.base, isNew: false };
    const written = weightVersion(Object.values(adapter.parameters));
    if (known?.written !== written) known = { written, name: await contentName(model) };
    const { name } = known;
    if (users.has(name)) return { name, isNew: false };
    cleaned ??= removeUnfinished(folder);
    await cleaned;
    await writeAside(model, join(folder, name));
    await server.loadAdapter(name, join(folder, name));
    users.set(name, 0);
    return { name, isNew: true };
  };
  const remove = async (name: string): Promise<void> => {
    users.delete(name);
    await server.unloadAdapter(name);
    await rm(join(folder, name), { recursive: true, force: true });
  };
  const removeUnused = async (): Promise<void> => {
    for (const [name, count] of users) if (count === 0 && name !== known?.name) await remove(name);
  };
  const count = (name: string, more: number): void => {
    const before = users.get(name);
    if (before !== undefined) users.set(name, before + more); // the base is always there
  };
  const hold = async (model: Qwen3): Promise<{ name: string; isNew: boolean }> => {
    const found = await current(model);
    count(found.name, 1);
    return found;
  };
  const drop = async (name: string): Promise<void> => {
    count(name, -1);
    await removeUnused();
  };
  return {
    ...{ hold, drop },
    async use(model, sample) {
      const { name, isNew } = await hold(model);
      try {
        return await sample(name, isNew);
      } finally {
        await drop(name);
      }
    },
    async during(name, work) {
      count(name, 1);
      try {
        return await work();
      } finally {
        await drop(name);
      }
    },
    async reload(name) {
      if (users.has(name)) await server.loadAdapter(name, join(folder, name));
    },
    async close() {
      for (const name of [...users.keys()]) await remove(name);
      known = undefined;
    },
  };
}

async function contentName({ adapter }: Qwen3): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(adapter!.parameters)) {
    const values = await value.data<'float32'>();
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return `molrl-${hash.digest('hex').slice(0, 16)}`;
}

/** Folders that were being written when their process was killed. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /^molrl-[0-9a-f]{16}\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid)))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's
  }
}

/** A folder is there whole or not at all. */
async function writeAside(model: Qwen3, path: string): Promise<void> {
  if (await exists(path)) return;
  const aside = `${path}.${process.pid}`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  await saveAdapter(model, aside);
  await rename(aside, path);
}
