import type { Qwen3 } from '@molrl/qwen3';
import { weightVersion } from '@molrl/tensor-gpu';
import { encodeState } from '../harness/stateFile.ts';
import { readWeights } from '../method/weights.ts';
import type { BlobStore } from './queue/blobs.ts';

export interface WeightsPublisher {
  /** Puts what is trained into the store, as it is now. @returns Its hash. */
  publish(): Promise<string>;
  /** Hash of all that are still there. */
  kept(): readonly string[];
}

/** @param keep - Versions that stay in the store. */
export function publishWeights(
  model: Pick<Qwen3, 'trainable'>,
  blobs: BlobStore,
  keep: number,
): WeightsPublisher {
  const kept: string[] = [];
  let known: { written: string; name: string } | undefined;
  return {
    kept: () => kept,
    async publish() {
      const parameters = model.trainable();
      const written = weightVersion(Object.values(parameters));
      if (known?.written === written) return known.name;
      const weights = await readWeights(parameters);
      const name = await blobs.put(encodeState({ header: {}, groups: { weights } }));
      known = { written, name };
      if (kept.at(-1) !== name) kept.push(name);
      while (kept.length > keep) {
        const old = kept.shift()!; // longer than keep
        if (!kept.includes(old)) await blobs.remove(old);
      }
      return name;
    },
  };
}
