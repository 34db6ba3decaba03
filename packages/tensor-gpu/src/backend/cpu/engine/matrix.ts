import { rowBytes, type StoredDtype } from '../../../weights/storedDtype.ts';
import type { CpuRuntime } from './cpuRuntime.ts';

/** A row-major matrix as kernels read it: of the heap, or a frozen weight outside. */
export interface Matrix {
  /** Absolute; in WebAssembly the offset in the heap. */
  address: number;
  dtype: StoredDtype;
}

/** The matrix from row `first` on. */
export function matrixFrom({ address, dtype }: Matrix, first: number, width: number): Matrix {
  return { address: address + first * rowBytes(dtype, width), dtype };
}

/** The f32 matrix at an offset of the heap. */
export function heapMatrix(cpu: CpuRuntime, offset: number): Matrix {
  return { address: cpu.address(offset), dtype: 'f32' };
}
