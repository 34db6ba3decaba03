import type { NatsConnection } from '@nats-io/nats-core';
import { sha256 } from '../../base/sha256.ts';
import { FinalError, type Surely } from './surely.ts';

/** Bytes by their SHA-256, in the server's object store: weights, descriptions of runs, messages that are too long. */
export interface BlobStore {
  /** @returns The name: what is there already is not sent again. */
  put(bytes: Uint8Array, signal?: AbortSignal): Promise<string>;
  /** @throws {Error} if there is none of that name, or it holds something else. */
  get(name: string, signal?: AbortSignal): Promise<Uint8Array>;
  remove(name: string): Promise<void>;
}

const BUCKET = 'molrl';

export async function openBlobs(connection: NatsConnection, surely: Surely): Promise<BlobStore> {
  const { Objm } = await import('@nats-io/obj');
  const open = () => new Objm(connection).create(BUCKET, { storage: 'file' as never }); // an enum of a package that is loaded late
  await surely('open the object store', open);
  return {
    async put(bytes, signal) {
      const name = await sha256(bytes);
      const store = async () => {
        const bucket = await open(); // a server may have come back empty
        const known = await bucket.info(name);
        if (!known || known.deleted) await bucket.putBlob({ name }, bytes, { timeout: 60_000 });
      };
      await surely(`keep ${bytes.length} bytes`, store, signal);
      return name;
    },
    async get(name, signal) {
      const read = async () => (await open()).getBlob(name);
      const bytes = await surely(`read ${name}`, read, signal);
      if (bytes === null || (await sha256(bytes)) !== name) {
        throw new FinalError(
          `workers: the object store has ${bytes === null ? 'no' : 'a damaged'} ${name}. The run that it is of has ended, or the server lost its folder.`,
        );
      }
      return bytes;
    },
    remove: async (name) => {
      await (await open()).delete(name).catch(() => {}); // gone already
    },
  };
}
