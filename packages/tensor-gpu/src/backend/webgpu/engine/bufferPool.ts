import { TensorGpuError } from '../../../base/errors.ts';
import { BUFFER } from './gpuFlags.ts';

/** Smallest buffer, and the step below a power of two: a size class wastes at most an eighth. */
const SMALLEST = 256;
const STEPS = 8;
/** Free bytes that are always kept; beyond them, as many as were ever in use at once. */
const KEPT = 2 ** 26;

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
  readonly #flush: () => void;
  /** What may be given up for others: each gives back what it can, and tells whether that was anything. */
  readonly guests: Set<() => boolean> = new Set();
  readonly #all = new Set<GPUBuffer>();
  #mostInUse = 0;
  readonly #idle = new Map<number, GPUBuffer[]>();
  #recent: GPUBuffer[] = [];
  readonly #memory: GpuMemory = { inUse: 0, reserved: 0, peak: 0, allocated: 0 };

  /** @param flush - Submits what is encoded: freed buffers that it reads can be given back then. */
  constructor(device: GPUDevice, { maxBytes, flush }: { maxBytes: number; flush: () => void }) {
    this.#device = device;
    this.#maxBytes = maxBytes;
    this.#flush = flush;
  }

  /** A buffer of at least so many bytes; what lies in it is anything. @param forUpload - `writeBuffer` will fill it. */
  take(bytes: number, forUpload = false): GPUBuffer {
    const size = this.#sizeOf(bytes);
    const buffer = this.#reuse(size, forUpload) ?? this.#make(size);
    this.#memory.inUse += size;
    this.#mostInUse = Math.max(this.#mostInUse, this.#memory.inUse);
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
    // sizes that are not asked for any more, such as those of longer sequences
    if (this.#memory.reserved - this.#memory.inUse > Math.max(KEPT, this.#mostInUse))
      this.#dropIdle();
  }

  /** Gives back all buffers, those of live tensors too. */
  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#idle.clear();
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

  /** Its size class, but no more than a buffer may have. */
  #sizeOf(bytes: number): number {
    const most = this.#device.limits.maxBufferSize;
    const largest = most - (most % 4);
    if (bytes > largest) throw tooLarge(bytes, largest);
    return Math.min(sizeClass(bytes), largest);
  }

  #make(size: number): GPUBuffer {
    const hasRoom = () => this.#memory.reserved + size <= this.#maxBytes;
    const giveBack = () => {
      this.#flush();
      this.#dropIdle();
    };
    if (!hasRoom()) giveBack();
    for (const leave of this.guests) if (!hasRoom() && leave()) giveBack();
    if (!hasRoom())
      throw new TensorGpuError(
        'out-of-memory',
        `webgpu: ${size} bytes asked for, ${this.#memory.inUse} in use of ${this.#maxBytes} (maxBytes). Use a smaller micro-batch or model, or raise maxBytes.`,
      );
    this.#memory.reserved += size;
    this.#memory.allocated += size;
    this.#memory.peak = Math.max(this.#memory.peak, this.#memory.reserved);
    const buffer = this.#device.createBuffer({
      size,
      usage: BUFFER.storage | BUFFER.copySource | BUFFER.copyTarget,
    });
    this.#all.add(buffer);
    return buffer;
  }

  #dropIdle(): void {
    for (const list of this.#idle.values()) {
      for (const buffer of list) {
        this.#memory.reserved -= buffer.size;
        this.#all.delete(buffer);
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
    `webgpu: a tensor of ${size} bytes is asked for, buffers of this device have ${largest} at most. Use a smaller micro-batch, or a model with a smaller vocabulary.`,
  );
}
