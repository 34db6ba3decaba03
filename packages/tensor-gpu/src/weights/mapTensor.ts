import { closeSync, fstatSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TensorGpuError } from '../base/errors.ts';
import { assertInteger, knownOptions } from '../base/knownOptions.ts';
import { fileMemory } from './fileMemory.ts';
import { MappedTensor } from './mappedTensor.ts';
import { STORED_DTYPES, type StoredDtype, type StoredLayout, storedBytes } from './storedDtype.ts';

/** Options of {@link mapTensor}. */
export interface MapTensorOptions {
  /** First byte of the tensor in the file, a multiple of 4 for f32, else of 2. */
  offset: number;
  /** Row-major, as files have it: matrices are `[out, in]`. The last axis of a quantised type is a multiple of 32. */
  shape: readonly number[];
  /** How the file's bytes are to be read. */
  dtype: StoredDtype;
}

/**
 * A frozen weight that stays in its file: mapped into memory read-only, paged in when a kernel reads it and shared with
 * every process that maps it. It takes nothing of the heap. Without koffi and on Windows the bytes are read into a buffer.
 *
 * The size of the file is checked here. A file that is cut afterwards is no longer there to be read: Linux then ends the
 * process with SIGBUS. Do not overwrite files in place; write beside and rename, which leaves the mapped file as it was.
 *
 * @param file - path or `file:` URL.
 * @throws {TensorGpuError} `file` if it cannot be read or ends before the tensor does, `option` for another dtype or an
 * offset that the type cannot have, `shape` for a shape that it cannot have.
 *
 * @example
 * import { writeFileSync } from 'node:fs';
 *
 * writeFileSync('weights.bin', Float32Array.of(1, 2, 3, 4));
 * const weight = mapTensor('weights.bin', { offset: 8, shape: [1, 2], dtype: 'f32' });
 * weight.dataSync(); // Float32Array [3, 4]
 * linear(tensor2d([[1, 10]]), weight); // [[43]]
 * weight.dispose();
 */
export function mapTensor(file: string | URL, options: MapTensorOptions): MappedTensor {
  const { offset, ...layout } = knownOptions('mapTensor', options, ['offset', 'shape', 'dtype']);
  const path = pathOf(file);
  const length = storedBytes('mapTensor', layout);
  assertInteger('mapTensor: offset', offset, [0]);
  const { align } = STORED_DTYPES[layout.dtype];
  if (offset % align !== 0)
    throw new TensorGpuError(
      'option',
      `mapTensor: offset must be a multiple of ${align} for ${layout.dtype}, got ${offset} in ${path}. Read such a tensor and use storedTensor.`,
    );
  const fd = openFile(path);
  try {
    checkSize(fd, path, { ...layout, offset, length });
    return new MappedTensor(
      layout,
      fileMemory(fd, { path, offset, length }),
      `${path} at byte ${offset}`,
    );
  } finally {
    closeSync(fd);
  }
}

function pathOf(file: string | URL): string {
  if (typeof file === 'string' && file !== '') return file;
  if (file instanceof URL && file.protocol === 'file:') return fileURLToPath(file);
  throw new TensorGpuError('option', `mapTensor: file must be a path or a file: URL, got ${file}.`);
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new TensorGpuError('file', `mapTensor: cannot open ${path}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}

function checkSize(
  fd: number,
  path: string,
  { shape, dtype, offset, length }: StoredLayout & { offset: number; length: number },
): void {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new TensorGpuError('file', `mapTensor: ${path} is not a file.`);
  const missing = offset + length - stat.size;
  if (missing <= 0) return;
  throw new TensorGpuError(
    'file',
    `mapTensor: ${path} has ${stat.size} bytes, [${shape}] of ${dtype} at offset ${offset} takes ${length}: ${missing} are missing. The file is cut short, or offset and shape are another file's.`,
  );
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : `${cause}`);
