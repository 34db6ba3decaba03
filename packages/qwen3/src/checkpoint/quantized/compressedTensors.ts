import { type CompressionScheme, readScheme } from './compressionScheme.ts';
import { fromFloat8 } from './float8.ts';
import { packedTensors } from './packedTensors.ts';
import { checkedPart, finiteValues, matrixShape } from './parts.ts';
import type {
  Quantization,
  QuantizedSource,
  QuantizedTensor,
  QuantizedTensors,
} from './quantizedTensor.ts';
import { scaleBlocks } from './scaleBlocks.ts';
import { checkedScales } from './schemeScales.ts';

/**
 * compressed-tensors, as llm-compressor saves it: `X.weight` as I8 or F8_E4M3 (or packed, see {@link packedTensors}) with
 * `X.weight_scale` and, where zero is not in the middle, `X.weight_zero_point`.
 *
 *     W = (q - z) s        in the dtype of the scales, which the result has, too
 *
 * A scale belongs to the matrix, a row, a group of a row or a block.
 *
 * @throws {Qwen3Error} `unsupported` for other formats and settings.
 * @see https://github.com/vllm-project/compressed-tensors
 */
export function compressedTensors(settings: Record<string, unknown>, source: string): Quantization {
  const scheme = readScheme(settings, source);
  const isPacked = scheme.format === 'pack-quantized';
  return {
    name: `compressed-tensors, ${scheme.format}: ${isPacked ? 'X.weight_packed' : 'X.weight'} with X.weight_scale`,
    activations: /\.(input|output|q|k|v)_(scale|zero_point)$/,
    find: (place) => (isPacked ? packedTensors(place, scheme) : plainTensors(place, scheme)),
  };
}

function plainTensors(source: QuantizedSource, scheme: CompressionScheme): QuantizedTensors {
  const stored = scheme.type === 'int' ? 'I8' : 'F8_E4M3';
  const names = [...source.file.entries].filter(
    ([name, { dtype }]) => dtype === stored && name.endsWith('.weight'),
  );
  return new Map(names.map(([name]) => [name, plainTensor(source, name, scheme)]));
}

function plainTensor(
  source: QuantizedSource,
  name: string,
  scheme: CompressionScheme,
): QuantizedTensor {
  const { file } = source;
  const shape = matrixShape(source, name);
  const scales = checkedScales(source, name, { scheme, shape });
  const zeros = `${name}_zero_point`;
  const hasZeros = !scheme.symmetric || file.entries.has(zeros); // older versions write them in any case
  if (hasZeros) checkedPart(source, zeros, { dtypes: ['I8'], shapes: scales.shapes });
  return {
    shape,
    dtype: scales.dtype,
    parts: [name, scales.name, ...(hasZeros ? [zeros] : [])],
    async values() {
      const bytes = await file.bytes(name);
      const codes =
        scheme.type === 'int' ? new Float32Array(new Int8Array(bytes.buffer)) : fromFloat8(bytes);
      return scaleBlocks(codes, {
        ...{ shape, block: scales.block, scales: await finiteValues(source, scales.name) },
        zeros: hasZeros ? new Int8Array((await file.bytes(zeros)).buffer) : undefined,
      });
    },
  };
}
