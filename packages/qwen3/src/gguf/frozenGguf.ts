import { type MappedTensor, mapTensor, type StoredDtype, storedTensor } from '@molrl/tensor-gpu';
import type { GgufWeight } from './ggufWeights.ts';
import type { GgufFile } from './openGguf.ts';
import { fromLlamaRows } from './rotaryRows.ts';

/** Types that the kernels read as they are, and what the engine calls them. */
const STORED: Partial<Record<string, StoredDtype>> = {
  F32: 'f32',
  BF16: 'bf16',
  F16: 'f16',
  Q8_0: 'q8_0',
  Q4_0: 'q4_0',
  Q4_1: 'q4_1',
};

/**
 * A matrix of a GGUF file outside the heap. Of a type that the kernels read it is mapped, or, where the file has its rows in
 * llama.cpp's order, copied as it is stored, row by row; of another type it is widened to f32. Its values are not looked at.
 */
export async function frozenGguf(
  file: GgufFile,
  { stored, shape, heads, read }: GgufWeight,
): Promise<MappedTensor> {
  const { type, offset } = file.entries.get(stored)!; // ggufWeights has looked
  const dtype = STORED[type.name];
  if (dtype === undefined) return storedTensor(await read(), { shape, dtype: 'f32' });
  if (heads === undefined) return mapTensor(file.path, { offset, shape, dtype });
  const values = await file.bytes(stored);
  return storedTensor(fromLlamaRows({ values, heads }, shape[0]!), { shape, dtype });
}
