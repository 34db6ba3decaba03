import { checkedPart, damaged, finiteValues, matrixShape } from './parts.ts';
import type { Quantization, QuantizedSource, QuantizedTensor } from './quantizedTensor.ts';
import { refuseQuantization } from './refuseQuantization.ts';

/** bitsandbytes multiplies by this instead of dividing by 127. */
const ONE_127TH = Math.fround(1 / 127);

/**
 * LLM.int8() of bitsandbytes: `X.weight`, I8, with the largest absolute value of each row in `X.SCB`, F32.
 *
 *     W[i, j] = (q[i, j] SCB[i]) / 127        in f32
 *
 * `X.weight_format` says how the bytes are ordered: 0, row by row. The orders of older GPUs' kernels are refused.
 *
 * @see Dettmers et al. 2022, LLM.int8(): https://arxiv.org/abs/2208.07339
 */
export const BITSANDBYTES_8: Quantization = {
  name: 'bitsandbytes, 8 bits: X.weight as I8 with X.SCB',
  find: (source) => {
    const names = [...source.file.entries].filter(
      ([name, { dtype }]) => dtype === 'I8' && name.endsWith('.weight'),
    );
    return new Map(names.map(([name]) => [name, int8Tensor(source, name)]));
  },
};

function int8Tensor(source: QuantizedSource, name: string): QuantizedTensor {
  const { file } = source;
  const [rows, columns] = matrixShape(source, name);
  const base = name.slice(0, -'weight'.length);
  const [scales, format] = [`${base}SCB`, `${base}weight_format`];
  checkedPart(source, scales, { dtypes: ['F32'], shapes: [[rows]] });
  const hasFormat = file.entries.has(format);
  if (hasFormat) checkedPart(source, format, { dtypes: ['U8'], shapes: [[], [1]] });
  return {
    shape: [rows, columns],
    dtype: 'F32',
    parts: [name, scales, ...(hasFormat ? [format] : [])],
    async values() {
      if (hasFormat) checkFormat(source, format, (await file.bytes(format))[0]!);
      const largest = await finiteValues(source, scales);
      const values = new Float32Array(new Int8Array((await file.bytes(name)).buffer));
      for (let row = 0; row < rows; row++) {
        const scale = largest[row]!;
        for (let i = row * columns; i < (row + 1) * columns; i++) {
          values[i] = Math.fround(values[i]! * scale) * ONE_127TH;
        }
      }
      return values;
    },
  };
}

/** Orders of bytes besides that of rows, by number. */
const TILED = ['', 'col32', 'col_turing', 'col_ampere'];

function checkFormat({ path }: QuantizedSource, name: string, format: number): void {
  if (format === 0) return;
  const tiled = TILED[format] ?? damaged(path, `has ${name} ${format}, which is no weight format.`);
  refuseQuantization(path, `${name} ${format} (${tiled})`);
}
