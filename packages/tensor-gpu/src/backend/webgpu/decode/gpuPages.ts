import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type HeldPages, PAGE_POSITIONS } from '../../pageTree.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { copyPages } from './decodePrograms.ts';

/** Keys and values of a layer: words, `[pages * PAGE_POSITIONS, kvHeads, words of a cell]`. */
export interface LayerCache {
  keys: TensorInfo;
  values: TensorInfo;
}

/** What a page is made of. */
export interface PageShape {
  layers: number;
  /** Words of keys, and of values, that a layer has in it. */
  words: number;
}

/** Pages of keys and values, by their place in tensors that grow. */
export class GpuPages implements HeldPages {
  layers: LayerCache[] = [];
  readonly pageBytes: number;
  readonly #backend: WebGpuBackend;
  readonly #shape: PageShape;
  readonly #holders = new Map<number, number>();
  readonly #free: number[] = [];
  /** Pages that the tensors have, and how many of them were ever taken. */
  #capacity = 0;
  #begun = 0;

  constructor(backend: WebGpuBackend, shape: PageShape) {
    this.#backend = backend;
    this.#shape = shape;
    this.pageBytes = 2 * 4 * shape.words * shape.layers;
  }

  /** Pages that somebody holds. */
  get count(): number {
    return this.#holders.size;
  }

  /** So many pages with one holder each; what lies in them is anything. `allocate` gives them their memory. */
  take(count: number): number[] {
    return Array.from({ length: count }, () => {
      const page = this.#free.pop() ?? this.#begun++;
      this.#holders.set(page, 1);
      return page;
    });
  }

  hold(page: number): number {
    this.#holders.set(page, this.#holders.get(page)! + 1); // it is held
    return page;
  }

  release(page: number): void {
    const holders = this.#holders.get(page)! - 1; // it is held
    if (holders > 0) {
      this.#holders.set(page, holders);
      return;
    }
    this.#holders.delete(page);
    this.#free.push(page);
  }

  isHeldOnce(page: number): boolean {
    return this.#holders.get(page) === 1;
  }

  /** Makes the tensors large enough for every page that was taken; never more than `most` pages. */
  allocate(most: number): void {
    if (this.#begun <= this.#capacity) return;
    const larger = Math.min(most, Math.ceil(1.5 * this.#capacity));
    const capacity = Math.max(this.#begun, larger);
    const { layers, words } = this.#shape;
    const kept = 4 * words * this.#capacity;
    const grown = (from: TensorInfo | undefined): TensorInfo => {
      const to = this.#backend.output([capacity, words], 'int32');
      if (from === undefined) return to;
      this.#backend.gpu.copy(this.#backend.slice(from), this.#backend.slice(to), kept);
      this.#backend.disposeData(from.dataId);
      return to;
    };
    const before = this.layers;
    this.layers = Array.from({ length: layers }, (_, layer) => ({
      keys: grown(before[layer]?.keys),
      values: grown(before[layer]?.values),
    }));
    this.#capacity = capacity;
  }

  /** Makes each second page a copy of the first. */
  copy(pairs: readonly (readonly [from: number, to: number])[]): void {
    if (pairs.length === 0) return;
    const numbers = Int32Array.from(pairs.flat());
    const on = this.#backend.makeTensorInfo([numbers.length], 'int32', numbers);
    const { words } = this.#shape;
    const size = pairs.length * words;
    for (const { keys, values } of this.layers)
      this.#backend.run(copyPages, {
        tensors: { pairs: on, keys, values },
        params: { size, pageWords: words },
        blocks: Math.ceil(size / copyPages.lanes),
      });
    this.#backend.disposeData(on.dataId);
  }

  /** Gives the memory back, while nobody holds a page. */
  clear(): void {
    for (const { keys, values } of this.layers)
      for (const { dataId } of [keys, values]) this.#backend.disposeData(dataId);
    this.layers = [];
    this.#free.length = 0;
    this.#capacity = 0;
    this.#begun = 0;
  }
}

/** Words of a page's cells in a layer. */
export const wordsOfPage = (kvHeads: number, cellWords: number): number =>
  PAGE_POSITIONS * kvHeads * cellWords;
