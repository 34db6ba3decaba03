import type { MessagePort } from 'node:worker_threads';
import type { WasmMemory } from './wasm.ts';
import type { WorkerLibrary } from './wasmLibrary.ts';

/** Words (32 bit) of the control block that JavaScript reads and writes; the others are the kernels' own. */
export const CONTROL_WORDS = {
  epoch: 1,
  busy: 32,
  quit: 33,
  parked: 34,
  gone: 35,
  awake: 36,
  queued: 48,
  next: 65,
} as const;

/** What a thread of the pool is started with. */
export interface PoolWorkerData {
  memory: WasmMemory;
  library: WorkerLibrary;
  /** Heap offset and bytes of the control block. */
  control: number;
  controlBytes: number;
  /** Heap offsets of the thread's scratch, and of the end of its stack. */
  scratch: number;
  stack: number;
  /** Rounds that it looks for work before it parks. */
  spins: number;
  words: typeof CONTROL_WORDS;
  /** Told once the kernels are loaded. */
  started: Pick<MessagePort, 'postMessage' | 'close'>;
}
