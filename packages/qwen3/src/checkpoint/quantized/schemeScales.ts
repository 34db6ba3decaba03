import type { FloatType } from '../floatTypes.ts';
import type { CompressionScheme } from './compressionScheme.ts';
import { checkedPart } from './parts.ts';
import type { QuantizedSource } from './quantizedTensor.ts';
import { blockGrid, checkWholeBlocks } from './scaleBlocks.ts';

/** The scales of a matrix of compressed-tensors. */
interface SchemeScales {
  name: string;
  dtype: FloatType;
  /** Shapes that they may have, and their zero points. */
  shapes: readonly (readonly number[])[];
  block: readonly [height: number, width: number];
}

/** @throws {Qwen3Error} `checkpoint` if `X.weight_scale` is missing or does not fit the matrix. */
export function checkedScales(
  source: QuantizedSource,
  weight: string,
  { scheme, shape }: { scheme: CompressionScheme; shape: readonly [number, number] },
): SchemeScales {
  const [rows, columns] = shape;
  const [height, width] = scheme.block;
  const block = [height || rows, width || columns] as const;
  if (scheme.strategy === 'group') checkWholeBlocks(source, weight, { columns, width });
  const shapes = {
    tensor: [[1], [], [1, 1]],
    channel: [[rows, 1], [rows]],
    group: [blockGrid(shape, block)],
    block: [blockGrid(shape, block)],
  }[scheme.strategy];
  const name = `${weight}_scale`;
  const { dtype } = checkedPart(source, name, { dtypes: ['BF16', 'F16', 'F32'], shapes });
  return { name, dtype: dtype as FloatType, shapes, block }; // one of the three
}
