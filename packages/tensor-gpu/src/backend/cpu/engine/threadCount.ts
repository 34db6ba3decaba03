import { TensorGpuError } from '../../../base/errors.ts';

const MAX_THREADS = 64;
const DEFAULT_THREADS = 16;

/**
 * Threads that were asked for, else one for each core up to 16.
 *
 * @throws {TensorGpuError} `option` for a number that no pool can have.
 */
export function threadCount(asked: number | undefined, cores: number): number {
  const threads = asked ?? Math.min(cores, DEFAULT_THREADS);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return threads;
  throw new TensorGpuError(
    'option',
    `openCpu: threads must be an integer from 1 to ${MAX_THREADS}, got ${threads}.`,
  );
}
