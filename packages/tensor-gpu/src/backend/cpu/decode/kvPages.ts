import type { DecoderShape } from '../../decoderWeights.ts';
import { CACHE_DTYPES, type CacheDtype } from '../../kvCache.ts';
import { type HeldPages, PAGE_POSITIONS } from '../../pageTree.ts';
import { type Heap, sizeClass } from '../engine/heap.ts';

/** Pages are cut from pieces of the heap of about this size: the heap's own blocks are rounded up. */
const SLAB_BYTES = 1 << 20;
const ELEMENT_BYTES: Record<CacheDtype, number> = { f32: 4, bf16: 2, int8: 1 };

/** Sizes of a page: it holds the keys and values of its positions in every layer. */
export interface PageLayout {
  /** The number that kernels know the dtype by. */
  format: number;
  layerBytes: number;
  pageBytes: number;
}

/** How a page is laid out; CELL of kernels/decodeAttention.c is one head of a layer. */
export function pageLayout(
  { kvHeads, headDim }: DecoderShape,
  layers: number,
  dtype: CacheDtype,
): PageLayout {
  const padded = Math.ceil(headDim / PAGE_POSITIONS) * PAGE_POSITIONS;
  const scales = dtype === 'int8' ? 8 * PAGE_POSITIONS : 0;
  const cell = PAGE_POSITIONS * (headDim + padded) * ELEMENT_BYTES[dtype] + scales;
  const layerBytes = kvHeads * cell;
  const format = CACHE_DTYPES.indexOf(dtype);
  return { format, layerBytes, pageBytes: Math.max(layerBytes * layers, 64) };
}

const pagesPerSlab = ({ pageBytes }: PageLayout): number =>
  Math.max(1, Math.floor(SLAB_BYTES / pageBytes));

/** Bytes of heap that so many pages take. */
export function heapBytesOfPages(layout: PageLayout, pages: number): number {
  const perSlab = pagesPerSlab(layout);
  return Math.ceil(pages / perSlab) * sizeClass(perSlab * layout.pageBytes);
}

interface Slab {
  offset: number;
  free: number[];
  used: number;
}

interface Page {
  slab: Slab;
  holders: number;
}

/** Pages of keys and values in the heap, by offset. One that nobody holds any more is free. */
export class KvPages implements HeldPages {
  readonly layout: PageLayout;
  private readonly heap: Heap;
  private readonly pages = new Map<number, Page>();
  /** Slabs that have room. */
  private readonly open: Slab[] = [];
  private readonly perSlab: number;

  constructor(heap: Heap, layout: PageLayout) {
    this.heap = heap;
    this.layout = layout;
    this.perSlab = pagesPerSlab(layout);
  }

  /** Pages that somebody holds. */
  get count(): number {
    return this.pages.size;
  }

  /** Bytes of the pages that somebody holds. */
  get bytes(): number {
    return this.pages.size * this.layout.pageBytes;
  }

  /** A page with one holder; its contents are whatever lay there. @throws {TensorGpuError} `out-of-memory` */
  take(): number {
    let slab = this.open.at(-1);
    if (slab === undefined) {
      const { pageBytes } = this.layout;
      const offset = this.heap.alloc(this.perSlab * pageBytes, 'kept keys and values');
      const free = Array.from({ length: this.perSlab }, (_, i) => offset + i * pageBytes).reverse();
      slab = { offset, free, used: 0 };
      this.open.push(slab);
    }
    const page = slab.free.pop()!; // an open slab has one
    slab.used++;
    if (slab.free.length === 0) this.open.splice(this.open.indexOf(slab), 1);
    this.pages.set(page, { slab, holders: 1 });
    return page;
  }

  hold(page: number): number {
    this.pages.get(page)!.holders++;
    return page;
  }

  release(page: number): void {
    const held = this.pages.get(page)!;
    if (--held.holders > 0) return;
    this.pages.delete(page);
    const { slab } = held;
    if (slab.free.length === 0) this.open.push(slab);
    slab.free.push(page);
    if (--slab.used > 0) return;
    this.open.splice(this.open.indexOf(slab), 1);
    this.heap.free(slab.offset);
  }

  /** Whether one holder only has it. */
  isHeldOnce(page: number): boolean {
    return this.pages.get(page)?.holders === 1;
  }

  /** Makes the contents of a page those of another. */
  copyTo(from: number, to: number): void {
    const { pageBytes } = this.layout;
    this.heap.u8(to, pageBytes).set(this.heap.u8(from, pageBytes));
  }
}
