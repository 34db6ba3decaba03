import { type MappedTensor, mapTensor, storedTensor } from '@molrl/tensor-gpu';
import { canMap } from '#platform';
import type { GgufWeight } from './ggufWeights.ts';
import type { GgufFile } from './openGguf.ts';
import { fromLlamaRows } from './rotaryRows.ts';

/**
 * A matrix of a GGUF file outside the heap. Of a type that the kernels read it is mapped, or, where the file has its rows in
 * llama.cpp's order, copied as it is stored, row by row; of another type it is widened to f32. Its values are not looked at.
 */
export async function frozenGguf(
  file: GgufFile,
  { stored, shape, heads, read }: GgufWeight,
): Promise<MappedTensor> {
  const { type, offset } = file.entries.get(stored)!; // ggufWeights has looked
  const { dtype } = type;
  if (dtype === undefined) return storedTensor(await read(), { shape, dtype: 'f32' });
  if (heads === undefined && canMap) return mapTensor(file.path, { offset, shape, dtype });
  const values = await file.bytes(stored);
  const rows = heads === undefined ? values : fromLlamaRows({ values, heads }, shape[0]!);
  return storedTensor(rows, { shape, dtype });
}
