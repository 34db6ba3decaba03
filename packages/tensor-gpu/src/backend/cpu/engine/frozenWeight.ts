import type { TypedArray } from '@tensorflow/tfjs-core';
import type { MappedTensor, WeightHold } from '../../../weights/mappedTensor.ts';
import { widen } from '../../../weights/widen.ts';
import type { CpuRuntime } from './cpuRuntime.ts';
import type { Heap } from './heap.ts';
import type { Matrix } from './matrix.ts';

/**
 * A frozen weight as the device's tensor data: native kernels read it where it lies, WebAssembly ones from a copy of its
 * bytes in the heap, which is all that they reach.
 */
export class FrozenWeight {
  readonly dtype = 'float32';
  readonly matrix: Matrix;
  refCount = 1;
  readonly #hold: WeightHold;
  readonly #free: () => void;
  readonly #heap: Heap;
  #copy: number | undefined;

  constructor({ heap, kind }: CpuRuntime, weight: MappedTensor) {
    this.#hold = weight.hold();
    this.#heap = heap;
    const { dtype, byteLength } = weight;
    if (kind === 'native') {
      this.matrix = { address: this.#hold.address(), dtype };
      this.#free = () => undefined;
      return;
    }
    try {
      const offset = heap.alloc(byteLength, 'frozen weights');
      heap.u8(offset, byteLength).set(this.#hold.bytes());
      this.matrix = { address: offset, dtype };
      this.#free = () => heap.free(offset);
    } catch (error) {
      this.#hold.release();
      throw error;
    }
  }

  /** The values as float32: a copy, made for the one who asks. */
  get values(): TypedArray {
    return widen(this.#hold.bytes(), this.matrix.dtype);
  }

  /** Offset of a float32 copy, for ops that read nothing else: it stays until the running code returns. */
  widened(): number {
    if (this.#copy !== undefined) return this.#copy;
    const values = this.values;
    const offset = this.#heap.alloc(4 * values.length, 'frozen weights');
    this.#heap.f32(offset, values.length).set(values);
    queueMicrotask(() => {
      this.#heap.free(offset);
      this.#copy = undefined;
    });
    this.#copy = offset;
    return offset;
  }

  release(): void {
    this.#heap.settle(); // a queued command may read it
    this.#free();
    this.#hold.release();
  }
}
