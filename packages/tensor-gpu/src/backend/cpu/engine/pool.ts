import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Crew } from './crew.ts';
import type { Heap } from './heap.ts';
import { CONTROL_WORDS, type PoolWorkerData } from './poolWorkerData.ts';
import { programTexts } from './programTexts.ts';
import { CONTROL_BYTES, SCRATCH_BYTES, STACK_BYTES } from './threadMemory.ts';
import type { WorkerLibrary } from './wasmLibrary.ts';

/** Rounds that a worker looks for work before it parks: about 50 microseconds (native rounds contain a pause). */
const SPINS = { native: 2000, wasm: 30000 } as const;

/** Started from a string, so that it needs no file of its own and works from sources, ESM and CommonJS builds alike. */
const WORKER_SOURCE = `(${programTexts.poolWorker})(require('node:worker_threads').workerData, require)`;

/** Longest wait for workers when the process ends, milliseconds: a chunk of the largest kernel ends sooner. */
const EXIT_PATIENCE = 500;

/** Pools whose workers run. One listener serves all. */
const open = new Set<Pool>();
let listening = false;

/** Worker threads that help with commands of several chunks. Owns its control block, scratch and stacks. */
export class Pool implements Crew {
  /** Heap offset of the control block. */
  readonly control: number;
  /** Threads that compute, the caller included. */
  readonly threads: number;
  private readonly words: Int32Array;
  /** Resolves when every worker has entered the kernels, or has failed. */
  readonly ready: Promise<void>;
  private started = 0;

  constructor(heap: Heap, library: WorkerLibrary, threads: number) {
    this.threads = threads;
    this.control = heap.alloc(CONTROL_BYTES, 'threads');
    this.words = heap.i32(this.control, CONTROL_BYTES / 4);
    this.words.fill(0);
    const starts: Promise<void>[] = [];
    for (let i = 1; i < threads; i++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(WORKER_SOURCE, {
        eval: true,
        name: `tensor-gpu ${i}`,
        execArgv: [], // loaders of the main thread are of no use here
        workerData: {
          memory: heap.memory,
          started: port2,
          library,
          control: this.control,
          controlBytes: CONTROL_BYTES,
          words: CONTROL_WORDS,
          scratch: heap.alloc(SCRATCH_BYTES, 'threads'),
          stack: heap.alloc(STACK_BYTES, 'threads') + STACK_BYTES,
          spins: SPINS[library.kind],
        } satisfies PoolWorkerData,
        transferList: [port2],
      });
      starts.push(this.start(worker, port1));
      worker.on('error', (error) => {
        // results do not depend on workers: without this one everything is computed, only slower
        process.emitWarning(`a worker thread of tensor-gpu stopped: ${error.message}`);
      });
    }
    this.ready = Promise.all(starts).then(() => undefined);
    open.add(this);
    if (!listening) process.on('exit', leaveAll);
    listening = true;
  }

  /** Until it has started the process waits for it; later it may end while workers wait. */
  private start(worker: Worker, port: MessagePort): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        port.close();
        worker.unref();
        resolve();
      };
      port.once('message', () => {
        this.started++;
        done();
      });
      worker.once('error', done);
      worker.once('exit', done);
    });
  }

  /** From now on the workers stay in the loop, without parking. */
  wake(): void {
    const { words } = this;
    Atomics.store(words, CONTROL_WORDS.busy, 1);
    if (Atomics.load(words, CONTROL_WORDS.parked) === 0) return;
    // a new epoch (no chunks in it) also turns away a worker that is about to wait for the old one
    Atomics.add(words, CONTROL_WORDS.epoch, 1);
    Atomics.notify(words, CONTROL_WORDS.epoch);
  }

  /** Those that find nothing to do may park again. */
  rest(): void {
    Atomics.store(this.words, CONTROL_WORDS.busy, 0);
  }

  /** Sends the workers home. They return by themselves; nothing is waited for. */
  dispose(): void {
    Atomics.store(this.words, CONTROL_WORDS.quit, 1);
    Atomics.add(this.words, CONTROL_WORDS.epoch, 1);
    Atomics.notify(this.words, CONTROL_WORDS.epoch);
    open.delete(this);
  }

  /** Sends the workers home and waits until none is inside a kernel: Node must not end a thread in there. */
  leave(): void {
    this.dispose();
    const deadline = Date.now() + EXIT_PATIENCE;
    for (;;) {
      const gone = Atomics.load(this.words, CONTROL_WORDS.gone);
      const left = deadline - Date.now();
      if (gone >= this.started || left <= 0) return;
      Atomics.wait(this.words, CONTROL_WORDS.gone, gone, left);
    }
  }
}

function leaveAll(): void {
  for (const pool of [...open]) pool.leave();
}
