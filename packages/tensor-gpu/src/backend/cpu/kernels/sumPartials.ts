import type { CpuRuntime } from '../engine/cpuRuntime.ts';

/** Partial sums of a weight's gradient: few, because each is as large as the weight. */
export const MOST_PARTIALS = 16;
/** A multiple of every vector width. */
const COLUMNS_PER_CHUNK = 2048;

/**
 * Runs `kernel` with a block for `count` partial sums of `width` floats, then adds them up in order:
 * the same bits on any number of threads.
 */
export function withPartials(
  cpu: CpuRuntime,
  { out, count, width }: { out: number; count: number; width: number },
  kernel: (partials: number) => void,
): void {
  const partials = cpu.heap.alloc(4 * count * width);
  try {
    kernel(partials);
    const words = { partials, out, count, width, columnsPerChunk: COLUMNS_PER_CHUNK };
    cpu.run('sumPartials', Math.ceil(width / COLUMNS_PER_CHUNK), words);
  } finally {
    cpu.heap.free(partials);
  }
}
