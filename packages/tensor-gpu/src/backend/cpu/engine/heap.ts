import { TensorGpuError } from '../../../base/errors.ts';
import { type WasmMemory, wasm } from './wasm.ts';

/** Offsets and sizes are multiples of a cache line. */
const LINE = 64;
const PAGE = 65536;
/** WebAssembly memories end one page below 4 GiB (the linker takes no more), so every offset fits 32 bits. */
const MAX_PAGES = 65535;
/** Below this lie the WebAssembly modules' constants; offset 0 is never given out. */
const RESERVED = 1 << 20;
const INITIAL = 64 << 20;
/** Grow by at least this share of the memory, so that growing is rare. */
const GROWTH = 1 / 4;

/** What a block is for: told when there is no room for another. */
export type HeapOwner =
  | 'tensors'
  | 'optimizer moments'
  | 'frozen weights'
  | 'sampling'
  | 'kept keys and values'
  | 'threads'
  | 'working memory';

/** Memory figures in bytes. */
export interface HeapMemory {
  /** In blocks that are handed out now (rounded up to their size class). */
  inUse: number;
  /** The largest `inUse` so far. */
  peak: number;
  /** Size of the heap: in use, free and reserved. */
  reserved: number;
  /** The heap never grows beyond this. */
  limit: number;
  /** Number of blocks handed out now. */
  blocks: number;
}

/** A request that the heap may have to refuse. */
interface Asked {
  bytes: number;
  owner: HeapOwner;
}

/**
 * Size class of a request: 4 classes per octave (64, 128, 192, 256, 320, 384, 448, 512, 640, ...), so a block is at most
 * 25 % (above 256 bytes) larger than asked.
 */
export function sizeClass(bytes: number): number {
  const lines = Math.max(1, Math.ceil(bytes / LINE));
  if (lines <= 4) return lines * LINE;
  const step = 2 ** (Math.floor(Math.log2(lines - 1)) - 2);
  return Math.ceil(lines / step) * step * LINE;
}

/**
 * The one memory that native kernels, WebAssembly kernels and all worker threads share, with an allocator.
 *
 * Freed blocks wait in a list of their size class. When such lists would make the heap grow, neighbours are merged first,
 * so that changing shapes do not let it grow without bound. A view is given out when all commands are done; views stay valid when the heap grows (the memory is shared and
 * grows in place), but a view shows other data once its block is freed.
 */
export class Heap {
  readonly memory: WasmMemory;
  /** Called before a view is given out: whoever computes in the heap without being waited for ends first. */
  settle: () => void = () => undefined;
  /** Told of every part that is added to the heap. */
  onGrow: (from: number, to: number) => void = () => undefined;
  /** Asked before the heap grows: each frees what it keeps only because there was room, and says whether it did. */
  readonly guests: Set<() => boolean> = new Set();
  /** What the owners' bytes are made of, where somebody knows it: part of the message when there is no room. */
  detail: (owner: HeapOwner) => string = () => '';
  private readonly limit: number;
  private buffer: SharedArrayBuffer;
  private top = RESERVED;
  private inUse = 0;
  private peak = 0;
  private freeBytes = 0;
  private readonly given = new Map<number, { size: number; owner: HeapOwner }>();
  private readonly lists = new Map<number, number[]>();
  /** Merged free space, by offset. */
  private spans: { offset: number; size: number }[] = [];

  /** @param options.maxBytes - Upper limit of the heap. Default and maximum 4 GiB less one page. */
  constructor(options: { maxBytes?: number | undefined } = {}) {
    const { maxBytes = MAX_PAGES * PAGE } = options;
    if (!(maxBytes >= 2 * RESERVED))
      throw new TensorGpuError(
        'option',
        `openCpu: maxBytes must be at least ${2 * RESERVED}, got ${maxBytes}.`,
      );
    const maximum = Math.min(MAX_PAGES, Math.floor(maxBytes / PAGE));
    this.limit = maximum * PAGE;
    const initial = Math.min(INITIAL / PAGE, maximum);
    try {
      this.memory = new wasm.Memory({ initial, maximum, shared: true });
    } catch (cause) {
      throw new TensorGpuError(
        'out-of-memory',
        `openCpu: the system refused an address range of ${this.limit} bytes. Set maxBytes to less, or raise the process's address-space limit (ulimit -v).`,
        { cause },
      );
    }
    this.buffer = this.memory.buffer;
  }

  /**
   * A block of at least `bytes`, 64-byte aligned, contents undefined. Throws `out-of-memory`, with what each owner has.
   * For `kept keys and values` no guest is asked to leave: they are the guests.
   */
  alloc(bytes: number, owner: HeapOwner = 'working memory'): number {
    const size = sizeClass(bytes);
    const offset = this.reuse(size) ?? this.carve(size) ?? this.extend(size, { bytes, owner });
    this.given.set(offset, { size, owner });
    this.inUse += size;
    if (this.inUse > this.peak) this.peak = this.inUse;
    return offset;
  }

  /** Gives a block back. */
  free(offset: number): void {
    const block = this.given.get(offset);
    if (block === undefined)
      throw new TensorGpuError(
        'internal',
        `Heap.free: offset ${offset} is not in use: freed twice, or never given out.`,
      );
    const { size } = block;
    this.given.delete(offset);
    this.inUse -= size;
    this.freeBytes += size;
    const list = this.lists.get(size);
    if (list) list.push(offset);
    else this.lists.set(size, [offset]);
  }

  /** Floats from a byte offset on, as a view. */
  f32(offset: number, length: number): Float32Array<SharedArrayBuffer> {
    this.settle();
    return new Float32Array(this.buffer, offset, length);
  }

  /** 32-bit integers from a byte offset on, as a view. */
  i32(offset: number, length: number): Int32Array<SharedArrayBuffer> {
    this.settle();
    return new Int32Array(this.buffer, offset, length);
  }

  /** Unsigned 32-bit integers from a byte offset on, as a view. */
  u32(offset: number, length: number): Uint32Array<SharedArrayBuffer> {
    this.settle();
    return new Uint32Array(this.buffer, offset, length);
  }

  /** Bytes from an offset on, as a view. */
  u8(offset: number, length: number): Uint8Array<SharedArrayBuffer> {
    this.settle();
    return new Uint8Array(this.buffer, offset, length);
  }

  /** What is used and reserved now. */
  usage(): HeapMemory {
    const { inUse, peak, limit } = this;
    return { inUse, peak, limit, reserved: this.buffer.byteLength, blocks: this.given.size };
  }

  /** Takes a freed block of just this size. */
  private reuse(size: number): number | undefined {
    const offset = this.lists.get(size)?.pop();
    if (offset !== undefined) this.freeBytes -= size;
    return offset;
  }

  /** Takes `size` from merged free space: the smallest span that fits. */
  private carve(size: number): number | undefined {
    let best = -1;
    for (let i = 0; i < this.spans.length; i++) {
      const span = this.spans[i]!;
      if (span.size >= size && (best < 0 || span.size < this.spans[best]!.size)) best = i;
    }
    const span = this.spans[best];
    if (!span) return undefined;
    const { offset } = span;
    span.offset += size;
    span.size -= size;
    if (span.size === 0) this.spans.splice(best, 1);
    this.freeBytes -= size;
    return offset;
  }

  /** Takes `size` from the end, growing the memory if it must. */
  private extend(size: number, asked: Asked): number {
    if (this.top + size > this.buffer.byteLength) {
      const full = this.top + size > this.limit;
      const isGuest = asked.owner === 'kept keys and values';
      const made = !isGuest && [...this.guests].filter((leave) => leave()).length > 0;
      if (made || full || this.freeBytes >= Math.max(size, this.inUse * GROWTH)) {
        this.merge();
        const offset = this.carve(size);
        if (offset !== undefined) return offset;
      }
      if (this.top + size > this.buffer.byteLength) this.grow(this.top + size, asked);
    }
    const offset = this.top;
    this.top += size;
    return offset;
  }

  private grow(end: number, asked: Asked): void {
    const now = this.buffer.byteLength;
    const wanted = Math.min(this.limit, Math.max(end, now + Math.ceil(now * GROWTH)));
    const pages = Math.ceil(wanted / PAGE) - now / PAGE;
    if (end <= this.limit) {
      try {
        this.memory.grow(pages);
        this.buffer = this.memory.buffer;
        this.onGrow(now, this.buffer.byteLength);
        return;
      } catch {
        // reported below with the figures
      }
    }
    throw this.full(asked);
  }

  private full({ bytes, owner }: Asked): TensorGpuError {
    const { reserved, limit, inUse, blocks } = this.usage();
    this.merge();
    const fits = Math.max(limit - this.top, ...this.spans.map(({ size }) => size));
    return new TensorGpuError(
      'out-of-memory',
      `tensor-gpu: no room for a block of ${bytes} bytes (${owner}): ${inUse} bytes are in use in ${blocks} blocks (${this.owners()}), ` +
        `the heap is ${reserved} bytes and may grow to ${limit}: a block of ${fits} would fit. ` +
        'Use a smaller batch or shorter sequences, dispose tensors that are no longer needed, keep frozen weights outside with mapTensor, or raise maxBytes of openCpu.',
    );
  }

  /** Bytes of each owner, largest first. */
  private owners(): string {
    const bytes = new Map<HeapOwner, number>();
    for (const { size, owner } of this.given.values())
      bytes.set(owner, (bytes.get(owner) ?? 0) + size);
    return [...bytes]
      .sort(([, a], [, b]) => b - a)
      .map(([owner, size]) => `${owner} ${size}${this.detail(owner)}`)
      .join(', ');
  }

  /** Joins all free blocks with their neighbours and gives the last one back to the end. */
  private merge(): void {
    const blocks = [...this.spans];
    for (const [size, offsets] of this.lists)
      for (const offset of offsets) blocks.push({ offset, size });
    this.lists.clear();
    blocks.sort((a, b) => a.offset - b.offset);
    this.spans = [];
    for (const block of blocks) {
      const last = this.spans.at(-1);
      if (last && last.offset + last.size === block.offset) last.size += block.size;
      else this.spans.push(block);
    }
    const last = this.spans.at(-1);
    if (last && last.offset + last.size === this.top) {
      this.top = last.offset;
      this.freeBytes -= last.size;
      this.spans.pop();
    }
  }
}
