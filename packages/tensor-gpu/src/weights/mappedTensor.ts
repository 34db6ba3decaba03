import type { Tensor } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { type StoredDtype, type StoredLayout, storedBytes } from './storedDtype.ts';
import { widen } from './widen.ts';

/** Where the bytes of a frozen weight lie: outside the heap, at a place that does not move. */
export interface WeightMemory {
  /** Absolute address, for native kernels. */
  address(): number;
  /** The bytes themselves; the view must not outlive `release`. */
  bytes(): Uint8Array;
  /** Gives the memory back. */
  release(): void;
}

/** The right to read a weight's memory until it is given back. */
export interface WeightHold extends Pick<WeightMemory, 'address' | 'bytes'> {
  release(): void;
}

/**
 * A frozen weight outside the heap, as its file has it; made by `mapTensor` and `storedTensor`. `linear`, `embedding` and
 * `lmHead` take it where they take a weight, and give it no gradient. Kernels read it where it lies: there is no second copy.
 */
export class MappedTensor {
  /** Row-major; matrices are `[out, in]`. */
  readonly shape: readonly number[];
  readonly dtype: StoredDtype;
  readonly byteLength: number;
  /** File and offset, or "memory": for messages. */
  readonly source: string;
  readonly #memory: WeightMemory;
  #holds = 1;
  #disposed = false;
  readonly #listeners = new Set<() => void>();

  constructor(layout: StoredLayout, memory: WeightMemory, source: string) {
    this.shape = [...layout.shape];
    this.dtype = layout.dtype;
    this.byteLength = storedBytes('MappedTensor', layout);
    this.source = source;
    this.#memory = memory;
  }

  /** Whether `dispose` was called. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** The values as float32, exact: a copy. @throws {TensorGpuError} `disposed`. */
  dataSync(): Float32Array {
    const { bytes, release } = this.hold();
    try {
      return widen(bytes(), this.dtype);
    } finally {
      release();
    }
  }

  /**
   * Ends its use. The memory goes back as soon as nothing reads it any more: a tape that was recorded with it and a
   * `generate` that has begun still finish. Calling it twice does nothing.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
    this.#letGo();
  }

  /** Keeps the memory where it is until `release`, also after `dispose`. @throws {TensorGpuError} `disposed`. */
  hold(): WeightHold {
    if (this.#disposed)
      throw new TensorGpuError(
        'disposed',
        `MappedTensor: the weight [${this.shape}] of ${this.source} was disposed. Dispose a model after its last use.`,
      );
    this.#holds++;
    let held = true;
    const memory = this.#memory;
    return {
      address: () => memory.address(),
      bytes: () => memory.bytes(),
      release: () => {
        if (held) this.#letGo();
        held = false;
      },
    };
  }

  /** Calls `listener` once, when the weight is disposed. */
  onDispose(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #letGo(): void {
    this.#holds--;
    if (this.#holds === 0) this.#memory.release();
  }
}

/** A weight of a layer: a tensor, which may be trained, or a frozen one outside the heap. */
export type Weight = Tensor | MappedTensor;
