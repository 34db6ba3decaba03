import { showValue } from '../../base/showValue.ts';
import { FLOAT_NAMES, type FloatType } from '../floatTypes.ts';
import { fromFloat8 } from './float8.ts';
import { checkedPart, finiteValues, isSize, matrixShape } from './parts.ts';
import type { Quantization, QuantizedSource, QuantizedTensor } from './quantizedTensor.ts';
import { refuseQuantization } from './refuseQuantization.ts';
import { blockGrid, scaleBlocks } from './scaleBlocks.ts';

type Json = Record<string, unknown>;

/** What this reads of `quantization_config`, and the types that it may have; `activation_scheme` may be anything. */
interface Fp8Settings {
  /** Undefined: one scale for the matrix. */
  block: readonly [number, number] | undefined;
  /** Of the weights in memory; undefined: that of the scales. */
  dtype: FloatType | undefined;
}

/**
 * fp8 as DeepSeek and Qwen publish it: `X.weight` as F8_E4M3 with a scale for each block of 128 x 128 in `X.weight_scale_inv`
 * (F32 or BF16).
 *
 *     W = q s        in f32, rounded to the dtype of config.json
 *
 * Blocks at the edges are cut, as in the kernels of the models that have such. (transformers, where it dequantises for want of a
 * GPU, refuses them or divides the rows evenly.)
 *
 * @param config - content of `config.json`.
 * @throws {Qwen3Error} `unsupported` for other types of values or scales.
 */
export function fineGrainedFp8(settings: Json, config: Json, source: string): Quantization {
  for (const [key, known] of Object.entries(KNOWN)) {
    const value = settings[key];
    if (value === undefined || value === null || value === known) continue;
    refuseQuantization(source, `fp8 and ${key} ${showValue(value)}`);
  }
  const fp8: Fp8Settings = {
    block: readBlock(settings.weight_block_size, source),
    dtype: FLOAT_NAMES.get(config.dtype ?? config.torch_dtype),
  };
  return {
    name: 'fp8: X.weight as F8_E4M3 with X.weight_scale_inv',
    activations: /\.(activation|input)_scale$/,
    find: (place) => {
      const names = [...place.file.entries].filter(
        ([name, { dtype }]) => dtype === 'F8_E4M3' && name.endsWith('.weight'),
      );
      return new Map(names.map(([name]) => [name, fp8Tensor(place, name, fp8)]));
    },
  };
}

/** Settings that change what the bytes mean, and the only value that is read. */
const KNOWN: Record<string, string> = { fmt: 'e4m3', scale_fmt: 'float', expert_dtype: 'fp8' };

function readBlock(size: unknown, source: string): readonly [number, number] | undefined {
  if (size === null) return undefined;
  if (size === undefined) return [128, 128];
  const isGood = Array.isArray(size) && size.length === 2 && size.every(isSize);
  return isGood
    ? [Number(size[0]), Number(size[1])]
    : refuseQuantization(source, `fp8 and weight_block_size ${showValue(size)}`);
}

function fp8Tensor(
  source: QuantizedSource,
  name: string,
  { block: wanted, dtype }: Fp8Settings,
): QuantizedTensor {
  const shape = matrixShape(source, name);
  const block = wanted ?? shape;
  const grid = blockGrid(shape, block);
  const scales = `${name}_scale_inv`;
  const { dtype: scaleType } = checkedPart(source, scales, {
    dtypes: ['F32', 'BF16', 'F16'],
    shapes: wanted ? [grid] : [[], [1], [1, 1]],
  });
  return {
    shape,
    dtype: dtype ?? (scaleType as FloatType), // one of the three
    parts: [name, scales],
    async values() {
      const values = fromFloat8(await source.file.bytes(name));
      return scaleBlocks(values, { shape, block, scales: await finiteValues(source, scales) });
    },
  };
}
