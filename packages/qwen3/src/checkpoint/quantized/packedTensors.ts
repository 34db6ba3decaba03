import type { CompressionScheme } from './compressionScheme.ts';
import { checkedPart, damaged, finiteValues, matrixShape } from './parts.ts';
import type { QuantizedSource, QuantizedTensor, QuantizedTensors } from './quantizedTensor.ts';
import { refuseQuantization } from './refuseQuantization.ts';
import { blockGrid, scaleBlocks } from './scaleBlocks.ts';
import { checkedScales } from './schemeScales.ts';
import { unpackCodes } from './unpackCodes.ts';

const PACKED = '_packed';

/**
 * pack-quantized of compressed-tensors: the codes of a row one after the other in the words of `X.weight_packed`, I32, lowest bits
 * first, with half of their range added; `X.weight_shape` has the real shape. Zero points of rows and groups are packed as well,
 * down the columns.
 */
export async function packedTensors(
  source: QuantizedSource,
  scheme: CompressionScheme,
): Promise<QuantizedTensors> {
  const tensors: QuantizedTensors = new Map();
  for (const name of source.file.entries.keys()) {
    if (name.endsWith('.weight_g_idx')) {
      refuseQuantization(source.path, `groups of columns that do not lie together (${name})`);
    }
    if (!name.endsWith(`.weight${PACKED}`)) continue;
    const weight = name.slice(0, -PACKED.length);
    tensors.set(weight, await packedTensor(source, weight, scheme));
  }
  return tensors;
}

async function packedTensor(
  source: QuantizedSource,
  weight: string,
  scheme: CompressionScheme,
): Promise<QuantizedTensor> {
  const { bits } = scheme;
  const [packed, shapeName] = [`${weight}${PACKED}`, `${weight}_shape`];
  const shape = await readShape(source, weight, bits);
  const scales = checkedScales(source, weight, { scheme, shape });
  const zeros = zeroPoints(source, weight, { scheme, grid: blockGrid(shape, scales.block) });
  return {
    shape,
    dtype: scales.dtype,
    parts: [packed, shapeName, scales.name, ...(zeros?.parts ?? [])],
    async values() {
      const codes = unpackCodes(await source.file.bytes(packed), { shape, bits, along: 'row' });
      return scaleBlocks(codes, {
        ...{ shape, block: scales.block, scales: await finiteValues(source, scales.name) },
        zeros: await zeros?.read(),
      });
    },
  };
}

/** What the shape's tensor says, once it fits the words. */
async function readShape(
  source: QuantizedSource,
  weight: string,
  bits: number,
): Promise<[number, number]> {
  const [packed, name] = [`${weight}${PACKED}`, `${weight}_shape`];
  const [words, perRow] = matrixShape(source, packed);
  checkedPart(source, packed, { dtypes: ['I32'], shapes: [[words, perRow]] });
  const { dtype } = checkedPart(source, name, { dtypes: ['I64', 'I32'], shapes: [[2]] });
  const { buffer } = await source.file.bytes(name);
  const numbers = dtype === 'I64' ? new BigInt64Array(buffer) : new Int32Array(buffer);
  const [rows, columns] = [Number(numbers[0]), Number(numbers[1])];
  if (rows === words && columns > 0 && Math.ceil((columns * bits) / 32) === perRow) {
    return [rows, columns];
  }
  return damaged(
    source.path,
    `has ${name} [${rows},${columns}], which ${words} x ${perRow} words of ${packed} do not hold.`,
  );
}

/** Undefined where zero is in the middle. A single one is not packed. */
function zeroPoints(
  source: QuantizedSource,
  weight: string,
  { scheme, grid }: { scheme: CompressionScheme; grid: readonly [number, number] },
): { parts: string[]; read(): Promise<ArrayLike<number>> } | undefined {
  const { symmetric, strategy, bits } = scheme;
  if (symmetric) return undefined;
  const { file } = source;
  const name = `${weight}_zero_point`;
  const isPacked = strategy === 'channel' || strategy === 'group';
  const words = Math.ceil((grid[0] * bits) / 32);
  if (isPacked) checkedPart(source, name, { dtypes: ['I32'], shapes: [[words, grid[1]]] });
  else checkedPart(source, name, { dtypes: ['I8'], shapes: [[1], grid] });
  return {
    parts: [name],
    async read() {
      const bytes = await file.bytes(name);
      if (!isPacked) return new Int8Array(bytes.buffer);
      return unpackCodes(bytes, { shape: grid, bits, along: 'column' });
    },
  };
}
