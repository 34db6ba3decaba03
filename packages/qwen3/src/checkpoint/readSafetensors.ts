import { openSafetensors } from './openSafetensors.ts';

/** A whole tensor in memory. */
export interface StoredTensor {
  shape: number[];
  data: Float32Array | Int32Array;
}

/**
 * Reads every tensor of a safetensors file: F32, BF16 and F16 as f32, I32 as int32.
 *
 * @returns name -> `{ shape, data }`, in the order of the file's header.
 * @throws {Qwen3Error} as {@link openSafetensors}, and `unsupported` if a tensor has another type: open such a file
 * with `openSafetensors` and read the tensors you need.
 *
 * @example
 * const x = { shape: [2], data: new Float32Array([1, 2.5]) };
 * await writeSafetensors('x.safetensors', { x });
 * (await readSafetensors('x.safetensors')).x.data; // Float32Array [1, 2.5]
 */
export async function readSafetensors(path: string | URL): Promise<Record<string, StoredTensor>> {
  const file = await openSafetensors(path);
  try {
    const tensors: [string, StoredTensor][] = [];
    for (const [name, { shape }] of file.entries) {
      tensors.push([name, { shape, data: await file.read(name) }]);
    }
    return Object.fromEntries(tensors); // unlike an assignment it keeps a tensor called __proto__
  } finally {
    await file.close();
  }
}
