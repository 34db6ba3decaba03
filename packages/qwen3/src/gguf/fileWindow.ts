import { readAt } from '../checkpoint/openBytes.ts';
import type { OpenFile } from '../platform/platform.ts';

/** Bytes of a file that are read as they are needed, from left to right. */
export interface FileWindow {
  /** Where the next value is read. */
  readonly position: number;
  /** Steps over `length` bytes without reading them. */
  skip(length: number): void;
  uint32(): Promise<number>;
  /** A 64-bit count. Above 2^53 it is no longer exact, and too large in any case. */
  uint64(): Promise<number>;
  bytes(length: number): Promise<Uint8Array>;
  /** Steps over texts, each a count of its bytes and these. @returns where the last one lies. */
  skipTexts(count: number): Promise<[begin: number, end: number]>;
}

const WINDOW = 2 ** 16;

/**
 * Reads numbers of a file one after the other through a window of 64 KiB.
 *
 * @param fail - is told how far the file would have to reach; must throw.
 */
export function fileWindow(file: OpenFile, size: number, fail: (end: number) => never): FileWindow {
  let position = 0;
  let window = new Uint8Array(0);
  let start = 0;

  /** Index in the window of the next `length` bytes, 8 at most. */
  async function take(length: number): Promise<number> {
    if (position + length > size) fail(position + length);
    if (position < start || position + length > start + window.length) {
      window = await readAt(file, position, Math.min(WINDOW, size - position));
      start = position;
    }
    position += length;
    return position - length - start;
  }
  const half = (at: number): number =>
    (window[at]! | (window[at + 1]! << 8) | (window[at + 2]! << 16) | (window[at + 3]! << 24)) >>>
    0;
  const word = (at: number): number => half(at + 4) * 2 ** 32 + half(at);
  return {
    get position() {
      return position;
    },
    skip(length) {
      if (!(position + length <= size)) fail(position + length);
      position += length;
    },
    async uint32() {
      return half(await take(4));
    },
    async uint64() {
      return word(await take(8));
    },
    async skipTexts(count) {
      let last: [number, number] = [position, position];
      for (let i = 0; i < count; i++) {
        // Only where the window ends is there anything to wait for: a vocabulary has 300 000 texts.
        const at = position - start;
        const isInside = at >= 0 && at + 8 <= window.length;
        if (isInside) position += 8;
        const from = isInside ? at : await take(8);
        const length = word(from);
        if (!(position + length <= size)) fail(position + length);
        last = [position, position + length];
        position += length;
      }
      return last;
    },
    async bytes(length) {
      if (position + length > size) fail(position + length);
      const bytes = await readAt(file, position, length);
      position += length;
      return bytes;
    },
  };
}
