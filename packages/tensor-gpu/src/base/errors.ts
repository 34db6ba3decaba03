/**
 * What went wrong, to branch on:
 * - `option`: an option has a value it must not have
 * - `shape`, `dtype`: a tensor does not fit the op
 * - `out-of-memory`: the heap cannot grow any further
 * - `file`: a file cannot be read, or ends before what it should hold
 * - `native`: native kernels were asked for and cannot be used here
 * - `prebuild`: a compiled kernel file is missing or of another version
 * - `backend`: the op needs a back end that is not the current one
 * - `two-copies`: another copy of this package opened the device
 * - `device-lost`: the GPU went away: its tensors are gone
 * - `disposed`: a device, program or tape was used after `dispose()`
 * - `missing`: a name that must be there is not
 * - `not-finite`: a NaN or an infinity where none may be
 * - `mismatch`: a fused op differs from its reference
 * - `gradient`: something has no gradient, or a tape cannot give it
 * - `internal`: a broken invariant of this package
 */
export type TensorGpuErrorCode =
  | 'option'
  | 'shape'
  | 'dtype'
  | 'out-of-memory'
  | 'file'
  | 'native'
  | 'prebuild'
  | 'backend'
  | 'two-copies'
  | 'device-lost'
  | 'disposed'
  | 'missing'
  | 'not-finite'
  | 'mismatch'
  | 'gradient'
  | 'internal';

/** The one error class of this package. The message says what must hold, what came, and what to do. */
export class TensorGpuError extends Error {
  override readonly name = 'TensorGpuError';
  /** What went wrong, to branch on. */
  readonly code: TensorGpuErrorCode;

  constructor(code: TensorGpuErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
