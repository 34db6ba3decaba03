import type { Heap } from './heap.ts';
import { CONTROL_WORDS, type PoolWorkerData } from './poolWorkerData.ts';
import { CONTROL_BYTES, SCRATCH_BYTES, STACK_BYTES } from './threadMemory.ts';
import type { WorkerLibrary } from './wasmLibrary.ts';

/** Rounds that a worker looks for work before it parks: about 50 microseconds (native rounds contain a pause). */
const SPINS = { native: 2000, wasm: 30000 } as const;

/** The words that all threads of a pool share, as the thread sees them that hands out work; and memory for the others. */
export class PoolControl {
  /** Heap offset of the control block. */
  readonly offset: number;
  private readonly heap: Heap;
  private readonly words: Int32Array;

  constructor(heap: Heap) {
    this.heap = heap;
    this.offset = heap.alloc(CONTROL_BYTES, 'threads');
    this.words = heap.i32(this.offset, CONTROL_BYTES / 4).fill(0);
  }

  /** What a worker is started with, its scratch and stack among it. */
  workerData(library: WorkerLibrary): Omit<PoolWorkerData, 'started'> {
    const { heap, offset } = this;
    return {
      ...{ memory: heap.memory, library, words: CONTROL_WORDS },
      ...{ control: offset, controlBytes: CONTROL_BYTES, spins: SPINS[library.kind] },
      scratch: heap.alloc(SCRATCH_BYTES, 'threads'),
      stack: heap.alloc(STACK_BYTES, 'threads') + STACK_BYTES,
    };
  }

  /** Whoever waits for others goes on asking: a page's main thread is not allowed to sleep. */
  stayAwake(): void {
    Atomics.store(this.words, CONTROL_WORDS.awake, 1);
  }

  /** From now on the workers stay in the loop, without parking. */
  wake(): void {
    const { words } = this;
    Atomics.store(words, CONTROL_WORDS.busy, 1);
    if (Atomics.load(words, CONTROL_WORDS.parked) === 0) return;
    // a new epoch (no chunks in it) also turns away a worker that is about to wait for the old one
    this.turn();
  }

  /** Those that find nothing to do may park again. */
  rest(): void {
    Atomics.store(this.words, CONTROL_WORDS.busy, 0);
  }

  /** Sends the workers home. They return by themselves; nothing is waited for. */
  quit(): void {
    Atomics.store(this.words, CONTROL_WORDS.quit, 1);
    this.turn();
  }

  /** Sleeps until that many workers have returned for good, `patience` milliseconds at most. */
  waitGone(workers: number, patience: number): void {
    const deadline = Date.now() + patience;
    for (;;) {
      const gone = Atomics.load(this.words, CONTROL_WORDS.gone);
      const left = deadline - Date.now();
      if (gone >= workers || left <= 0) return;
      Atomics.wait(this.words, CONTROL_WORDS.gone, gone, left);
    }
  }

  private turn(): void {
    Atomics.add(this.words, CONTROL_WORDS.epoch, 1);
    Atomics.notify(this.words, CONTROL_WORDS.epoch);
  }
}
