import { TensorGpuError } from '../base/errors.ts';
import { assertOneOf } from '../base/knownOptions.ts';

/** Elements of a block of the quantised types: they share a scale. */
export const BLOCK = 32;

/**
 * How frozen weights lie in files. `code`: as kernels/stored.h has it. A row is made of blocks of `elements` in `bytes`
 * bytes, which start at multiples of `align`.
 *
 *     q8_0: f16 d, int8 q[32]                value d q
 *     q4_0: f16 d, 16 bytes                  value d (q - 8)     element i < 16: low half of byte i, else high half of i - 16
 *     q4_1: f16 d, f16 m, 16 bytes           value d q + m
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (block_q8_0, block_q4_0, block_q4_1)
 */
export const STORED_DTYPES = {
  f32: { code: 0, elements: 1, bytes: 4, align: 4 },
  bf16: { code: 1, elements: 1, bytes: 2, align: 2 },
  f16: { code: 2, elements: 1, bytes: 2, align: 2 },
  q8_0: { code: 3, elements: 32, bytes: 34, align: 2 },
  q4_0: { code: 4, elements: 32, bytes: 18, align: 2 },
  q4_1: { code: 5, elements: 32, bytes: 20, align: 2 },
} as const;

/** Kernels widen four rows of blocks at a time in their scratch memory. */
const WIDEST_BLOCKS = 2 ** 18;

/** A type of frozen weights: floats, or the blocks of 32 that GGUF files call by these names. */
export type StoredDtype = keyof typeof STORED_DTYPES;

/** Shape and type of a frozen weight. */
export interface StoredLayout {
  /** Row-major; the last axis of a quantised type is a multiple of 32. */
  shape: readonly number[];
  dtype: StoredDtype;
}

/** Bytes of a row of `width` elements. */
export function rowBytes(dtype: StoredDtype, width: number): number {
  const { elements, bytes } = STORED_DTYPES[dtype];
  return (width / elements) * bytes;
}

/**
 * Bytes of a whole tensor.
 * @throws {TensorGpuError} `option` for another dtype, `shape` for a shape that no tensor of it has.
 */
export function storedBytes(caller: string, { shape, dtype }: StoredLayout): number {
  assertOneOf(`${caller}: dtype`, dtype, Object.keys(STORED_DTYPES));
  const sizes = Array.isArray(shape) ? (shape as readonly number[]) : [];
  if (sizes.length === 0 || !sizes.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw new TensorGpuError(
      'shape',
      `${caller}: shape must be a list of integers >= 1, got ${JSON.stringify(shape)}.`,
    );
  const width = sizes.at(-1)!; // not empty
  const { elements } = STORED_DTYPES[dtype];
  if (width % elements !== 0)
    throw new TensorGpuError(
      'shape',
      `${caller}: the last axis of [${shape}] must be a multiple of ${elements} for ${dtype}, whose blocks do not reach over rows; ${width} is not.`,
    );
  if (elements > 1 && width > WIDEST_BLOCKS)
    throw new TensorGpuError(
      'shape',
      `${caller}: rows of ${dtype} have at most ${WIDEST_BLOCKS} elements, got [${shape}].`,
    );
  const bytes =
    (sizes.reduce((product, size) => product * size, 1) / width) * rowBytes(dtype, width);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new TensorGpuError('shape', `${caller}: [${shape}] is larger than any memory.`);
}
