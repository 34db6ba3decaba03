import type { DecodeModel } from '../../decodeJob.ts';
import type { DeviceCache, KvCacheUsage } from '../../kvCache.ts';
import { PageTree } from '../../pageTree.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { cellFormat } from './cellFormat.ts';
import { GpuPages, wordsOfPage } from './gpuPages.ts';

/** Pages of running sequences and of what may be used again, within a budget. */
export class GpuKvCache implements DeviceCache {
  readonly pages: GpuPages;
  readonly prefixes: PageTree;
  /** Most pages at once. */
  readonly most: number;
  computed = 0;
  reused = 0;
  /** Waves that hold pages. */
  #waves = 0;
  #waiting: (() => void)[] = [];
  readonly #guests: Set<() => boolean>;
  readonly #leave = (): boolean => {
    if (this.#waves > 0 || this.pages.layers.length === 0) return false;
    this.#clear();
    return true;
  };

  constructor(backend: WebGpuBackend, { shape, weights, cache }: DecodeModel) {
    const { words } = cellFormat(cache.dtype, shape.headDim);
    const pageWords = wordsOfPage(shape.kvHeads, words);
    this.pages = new GpuPages(backend, { layers: weights.layers.length, words: pageWords });
    this.prefixes = new PageTree(this.pages);
    const bound = backend.mostElements / pageWords; // a tensor is bound as a whole
    this.#guests = backend.gpu.pool.guests;
    this.#guests.add(this.#leave);
    this.most = Math.floor(Math.min(bound, cache.maxBytes / this.pages.pageBytes));
  }

  usage(): KvCacheUsage {
    const { computed, reused } = this;
    return { bytes: this.pages.count * this.pages.pageBytes, computed, reused };
  }

  dispose(): void {
    this.#guests.delete(this.#leave);
    this.#clear();
  }

  #clear(): void {
    this.prefixes.clear();
    this.pages.clear();
  }

  /** Whether `count` more pages fit, once what is kept for later has made room. */
  makeRoom(count: number): boolean {
    const wanted = this.pages.count + count - this.most;
    return wanted <= 0 || this.prefixes.evict(wanted) >= wanted;
  }

  begin(): void {
    this.#waves++;
  }

  end(): void {
    this.#waves--;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** When a wave has ended; undefined if none runs, so that no room will come. */
  roomLater(): Promise<void> | undefined {
    if (this.#waves === 0) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
