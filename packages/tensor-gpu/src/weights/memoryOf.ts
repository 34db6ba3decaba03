import { loadKoffi } from './koffi.ts';
import type { WeightMemory } from './mappedTensor.ts';

/** Bytes that JavaScript holds: they stay where they are as long as somebody refers to them. */
export function memoryOf(bytes: Uint8Array): WeightMemory {
  let held: Uint8Array | undefined = bytes;
  return {
    address: () => Number(loadKoffi().koffi.address(bytesOf(held))),
    bytes: () => bytesOf(held),
    release: () => {
      held = undefined;
    },
  };
}

function bytesOf(held: Uint8Array | undefined): Uint8Array {
  if (held === undefined) throw new Error('the bytes were released'); // MappedTensor counts its holds
  return held;
}
