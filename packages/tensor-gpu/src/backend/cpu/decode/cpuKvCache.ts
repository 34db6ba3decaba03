import { TensorGpuError } from '../../../base/errors.ts';
import type { DeviceCache, KvCacheUsage } from '../../kvCache.ts';
import { PageTree } from '../../pageTree.ts';
import type { Heap } from '../engine/heap.ts';
import { KvPages, type PageLayout } from './kvPages.ts';

/** Pages of running sequences and of what may be used again, within a budget. */
export class CpuKvCache implements DeviceCache {
  readonly pages: KvPages;
  readonly prefixes: PageTree;
  computed = 0;
  reused = 0;
  private readonly maxBytes: number;
  private readonly heap: Heap;
  private readonly evict = (): boolean => this.prefixes.evict(Number.POSITIVE_INFINITY) > 0;

  constructor(heap: Heap, layout: PageLayout, maxBytes: number) {
    this.heap = heap;
    this.maxBytes = maxBytes;
    this.pages = new KvPages(heap, layout);
    this.prefixes = new PageTree(this.pages);
    heap.guests.add(this.evict);
  }

  usage(): KvCacheUsage {
    const { computed, reused } = this;
    return { bytes: this.pages.bytes, computed, reused };
  }

  dispose(): void {
    this.heap.guests.delete(this.evict);
    this.prefixes.clear();
  }

  /** Whether `count` more pages fit, once what is kept for later has made room. */
  makeRoom(count: number): boolean {
    const { pages, maxBytes } = this;
    const over = pages.bytes + count * pages.layout.pageBytes - maxBytes;
    if (over <= 0) return true;
    const wanted = Math.ceil(over / pages.layout.pageBytes);
    // some more at once: finding the oldest looks at all
    return this.prefixes.evict(Math.max(wanted, pages.count >> 4)) >= wanted;
  }

  /** `count` pages, or undefined if the heap has no room for them. */
  take(count: number): number[] | undefined {
    const taken: number[] = [];
    while (taken.length < count) {
      const page = this.takeOne() ?? (this.evict() ? this.takeOne() : undefined);
      if (page === undefined) {
        for (const each of taken) this.pages.release(each);
        return undefined;
      }
      taken.push(page);
    }
    return taken;
  }

  private takeOne(): number | undefined {
    try {
      return this.pages.take();
    } catch (error) {
      if (error instanceof TensorGpuError && error.code === 'out-of-memory') return undefined;
      throw error;
    }
  }
}
