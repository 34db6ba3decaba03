import { TensorGpuError } from '../base/errors.ts';
import { knownOptions } from '../base/knownOptions.ts';
import { MappedTensor } from './mappedTensor.ts';
import { memoryOf } from './memoryOf.ts';
import { STORED_DTYPES, type StoredDtype, storedBytes } from './storedDtype.ts';

/** Options of {@link storedTensor}. */
export interface StoredTensorOptions {
  /** Row-major, as files have it: matrices are `[out, in]`. The last axis of a quantised type is a multiple of 32. */
  shape: readonly number[];
  /** How the bytes are to be read. */
  dtype: StoredDtype;
}

/**
 * A frozen weight from bytes in memory: they are read where they lie, never copied (WebAssembly kernels copy them once
 * into their heap). Do not write to them while the weight is in use.
 *
 * @param bytes - of the whole tensor, little-endian. A view may start anywhere that suits the type.
 * @throws {TensorGpuError} `shape` if the number of bytes is not that of the shape, `option` for another dtype and for
 * bytes that start at an address the type cannot have.
 *
 * @example
 * const weight = storedTensor(Uint8Array.of(0x80, 0x3f, 0, 0x40), { shape: [1, 2], dtype: 'bf16' });
 * weight.dataSync(); // Float32Array [1, 2]
 * linear(tensor2d([[3, 5]]), weight); // [[13]]
 * weight.dispose();
 */
export function storedTensor(
  bytes: ArrayBufferLike | ArrayBufferView,
  options: StoredTensorOptions,
): MappedTensor {
  const layout = knownOptions('storedTensor', options, ['shape', 'dtype']);
  const needed = storedBytes('storedTensor', layout);
  const view = viewOf(bytes);
  if (view.byteLength !== needed)
    throw new TensorGpuError(
      'shape',
      `storedTensor: [${layout.shape}] of ${layout.dtype} are ${needed} bytes, got ${view.byteLength}. Bytes and shape are of different tensors.`,
    );
  const { align } = STORED_DTYPES[layout.dtype];
  if (view.byteOffset % align !== 0)
    throw new TensorGpuError(
      'option',
      `storedTensor: ${layout.dtype} must begin at a multiple of ${align} bytes of its buffer, got ${view.byteOffset}. Copy the bytes with slice().`,
    );
  return new MappedTensor(layout, memoryOf(view), 'memory');
}

function viewOf(bytes: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(bytes))
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes instanceof ArrayBuffer || bytes instanceof SharedArrayBuffer)
    return new Uint8Array(bytes);
  throw new TensorGpuError(
    'option',
    `storedTensor: bytes must be an ArrayBuffer or a view of one, got ${typeof bytes}.`,
  );
}
