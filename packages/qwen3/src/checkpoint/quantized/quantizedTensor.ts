import type { FloatType } from '../floatTypes.ts';
import type { TensorFile } from '../openSafetensors.ts';

/** The file that holds quantised matrices. */
export interface QuantizedSource {
  file: TensorFile;
  /** Of the file or its index, for errors. */
  path: string;
}

/** A matrix that lies quantised in a file, in several tensors. */
export interface QuantizedTensor {
  /** Of the matrix, `[out, in]`. */
  shape: readonly number[];
  /** What its library dequantises it to. */
  dtype: FloatType;
  /** Names of the tensors it is made of. */
  parts: readonly string[];
  /** Before they are rounded to `dtype`. */
  values(): Promise<Float32Array>;
}

/** Under the names that the weights of a model have. */
export type QuantizedTensors = Map<string, QuantizedTensor>;

/** How the matrices of a checkpoint are quantised, as `quantization_config` says it. */
export interface Quantization {
  /** As an error names it. */
  name: string;
  /** Finds the matrices and checks their parts; values are read later, one matrix at a time. */
  find(source: QuantizedSource): QuantizedTensors | Promise<QuantizedTensors>;
  /** Names of tensors that only matter where activations are quantised as well. */
  activations?: RegExp;
}
