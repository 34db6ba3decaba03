import { damaged } from './parts.ts';
import type { QuantizedSource } from './quantizedTensor.ts';

/** Scales, and where zero lies, of the blocks of a matrix, row-major. */
export interface BlockScales {
  /** Of the matrix. */
  shape: readonly [rows: number, columns: number];
  /** Rows and columns that share a scale; the last blocks may be cut. */
  block: readonly [height: number, width: number];
  scales: Float32Array;
  zeros?: ArrayLike<number> | undefined;
}

/**
 * Turns whole (or 8-bit) numbers into values, in place.
 *
 *     x = (q - z) s        s, z of the block
 */
export function scaleBlocks(
  values: Float32Array,
  { shape: [rows, columns], block: [height, width], scales, zeros }: BlockScales,
): Float32Array {
  const across = Math.ceil(columns / width);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / height) * across;
    for (let part = 0; part < across; part++) {
      const scale = scales[first + part]!;
      const zero = zeros?.[first + part] ?? 0;
      const end = row * columns + Math.min(columns, (part + 1) * width);
      for (let i = row * columns + part * width; i < end; i++) {
        values[i] = (values[i]! - zero) * scale;
      }
    }
  }
  return values;
}

/** How many blocks there are downwards and across. */
export const blockGrid = (
  [rows, columns]: readonly [number, number],
  [height, width]: readonly [number, number],
): [number, number] => [Math.ceil(rows / height), Math.ceil(columns / width)];

/** @throws {Qwen3Error} `checkpoint` unless the blocks fill the rows: a library refuses these, too. */
export function checkWholeBlocks(
  { path }: QuantizedSource,
  name: string,
  { columns, width }: { columns: number; width: number },
): void {
  if (columns % width === 0) return;
  damaged(
    path,
    `has ${name} with rows of ${columns} values, which groups of ${width} do not fill.`,
  );
}
