import { type StoredLayout, storedBytes } from './storedDtype.ts';

/**
 * Bytes of a frozen weight, which lie outside the heap: pages of its file where it is mapped.
 *
 * @throws {TensorGpuError} `option` for another dtype, `shape` for a shape that no tensor of it has.
 *
 * @example
 * storedMemory({ shape: [64, 32], dtype: 'q4_0' }); // 1152: blocks of 32 in 18 bytes
 */
export const storedMemory = (layout: StoredLayout): number => storedBytes('storedMemory', layout);
