import { TensorGpuError } from '../../../base/errors.ts';
import { BUFFER } from './gpuFlags.ts';

/** Smallest buffer, and the step below a power of two: a size class wastes at most an eighth. */
const SMALLEST = 256;
const STEPS = 8;

/** Bytes of the buffers of a device. */
export interface GpuMemory {
  /** Of live tensors, as their size classes have it. */
  inUse: number;
  /** The same and the free ones that are kept. */
  reserved: number;
  /** Most that was ever reserved. */
  peak: number;
  /** All buffers that were ever made, together. */
  allocated: number;
}

/**
 * Storage buffers in size classes; freed ones are used again. A buffer that was freed may still be read by commands that
 * are not submitted: another command may write it, as they run in order, but not the queue's own `writeBuffer`, which
 * would overtake them.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #maxBytes: number;
  readonly #idle = new Map<number, GPUBuffer[]>();
  #recent: GPUBuffer[] = [];
  readonly #memory: GpuMemory = { inUse: 0, reserved: 0, peak: 0, allocated: 0 };

  constructor(device: GPUDevice, maxBytes: number) {
    this.#device = device;
    this.#maxBytes = maxBytes;
  }

  /** A buffer of at least so many bytes; what lies in it is anything. @param forUpload - `writeBuffer` will fill it. */
  take(bytes: number, forUpload = false): GPUBuffer {
    const size = sizeClass(bytes);
    const buffer = this.#reuse(size, forUpload) ?? this.#make(size);
    this.#memory.inUse += size;
    return buffer;
  }

  give(buffer: GPUBuffer): void {
    this.#memory.inUse -= buffer.size;
    this.#recent.push(buffer);
  }

  /** To be called when everything encoded so far is submitted. */
  submitted(): void {
    for (const buffer of this.#recent) {
      const list = this.#idle.get(buffer.size);
      if (list === undefined) this.#idle.set(buffer.size, [buffer]);
      else list.push(buffer);
    }
    this.#recent = [];
  }

  usage(): GpuMemory {
    return { ...this.#memory };
  }

  #reuse(size: number, forUpload: boolean): GPUBuffer | undefined {
    if (!forUpload) {
      const at = this.#recent.findLastIndex((buffer) => buffer.size === size);
      if (at >= 0) return this.#recent.splice(at, 1)[0];
    }
    return this.#idle.get(size)?.pop();
  }

  #make(size: number): GPUBuffer {
    const { limits } = this.#device;
    const largest = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
    if (size > largest) throw tooLarge(size, largest);
    if (this.#memory.reserved + size > this.#maxBytes) this.#dropIdle();
    if (this.#memory.reserved + size > this.#maxBytes)
      throw new TensorGpuError(
        'out-of-memory',
        `webgpu: ${size} bytes asked for, ${this.#memory.inUse} in use of ${this.#maxBytes} (maxBytes). Use a smaller micro-batch or model, or raise maxBytes.`,
      );
    this.#memory.reserved += size;
    this.#memory.allocated += size;
    this.#memory.peak = Math.max(this.#memory.peak, this.#memory.reserved);
    return this.#device.createBuffer({
      size,
      usage: BUFFER.storage | BUFFER.copySource | BUFFER.copyTarget,
    });
  }

  #dropIdle(): void {
    for (const list of this.#idle.values()) {
      for (const buffer of list) {
        this.#memory.reserved -= buffer.size;
        buffer.destroy(); // after the submitted commands that use it
      }
    }
    this.#idle.clear();
  }
}

function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** Math.floor(Math.log2(bytes - 1)) / STEPS;
  const unit = Math.max(SMALLEST, step);
  return Math.ceil(bytes / unit) * unit;
}

function tooLarge(size: number, largest: number): TensorGpuError {
  return new TensorGpuError(
    'out-of-memory',
    `webgpu: a tensor of ${size} bytes is asked for, this device binds ${largest} at most. Use a smaller micro-batch, or a model with a smaller vocabulary.`,
  );
}
