import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Crew } from './cpuRuntime.ts';
import type { Heap } from './heap.ts';
import { CONTROL_BYTES, SCRATCH_BYTES, STACK_BYTES } from './threadMemory.ts';
import type { WorkerLibrary } from './wasmLibrary.ts';

// words (32 bit) of the control block
const EPOCH = 1;
const BUSY = 32;
const QUIT = 33;
const PARKED = 34;
const GONE = 35;

/** Rounds that a worker looks for work before it parks: about 50 microseconds (native rounds contain a pause). */
const SPINS = { native: 2000, wasm: 30000 } as const;

/**
 * The worker: plain CommonJS, started from a string so that it needs no file of its own and works from sources, ESM and
 * CommonJS builds alike. It spins in the compiled worker_loop and parks in Atomics.wait when nothing comes.
 */
const WORKER_SOURCE = `
const { workerData: d } = require('node:worker_threads');
const control = new Int32Array(d.memory.buffer, d.control, ${CONTROL_BYTES / 4});
let enter;
if (d.library.kind === 'native') {
  const library = require(d.library.koffi).load(d.library.file);
  const loop = library.func('uint32_t worker_loop(uint64_t heap, uint32_t control, uint32_t spins, uint32_t scratch)');
  enter = () => loop(d.library.base, d.control, d.spins, d.scratch);
} else {
  const { exports } = new WebAssembly.Instance(d.library.module, { env: { memory: d.memory } });
  exports.__stack_pointer.value = d.stack;
  enter = () => exports.worker_loop(0, d.control, d.spins, d.scratch);
}
d.started.postMessage('ready');
d.started.close();
for (;;) {
  const epoch = Atomics.load(control, ${EPOCH});
  if (enter()) break;
  Atomics.add(control, ${PARKED}, 1);
  if (!Atomics.load(control, ${BUSY}) && !Atomics.load(control, ${QUIT})) Atomics.wait(control, ${EPOCH}, epoch);
  Atomics.sub(control, ${PARKED}, 1);
}
Atomics.add(control, ${GONE}, 1);
Atomics.notify(control, ${GONE});
`;

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
          scratch: heap.alloc(SCRATCH_BYTES, 'threads'),
          stack: heap.alloc(STACK_BYTES, 'threads') + STACK_BYTES,
          spins: SPINS[library.kind],
        },
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

  /** Calls `play` with the workers awake: they stay in the loop, without parking, until it returns. */
  play(play: () => void): void {
    const { words } = this;
    Atomics.store(words, BUSY, 1);
    if (Atomics.load(words, PARKED) > 0) {
      // a new epoch (no chunks in it) also turns away a worker that is about to wait for the old one
      Atomics.add(words, EPOCH, 1);
      Atomics.notify(words, EPOCH);
    }
    try {
      play();
    } finally {
      Atomics.store(words, BUSY, 0);
    }
  }

  /** Sends the workers home. They return by themselves; nothing is waited for. */
  dispose(): void {
    Atomics.store(this.words, QUIT, 1);
    Atomics.add(this.words, EPOCH, 1);
    Atomics.notify(this.words, EPOCH);
    open.delete(this);
  }

  /** Sends the workers home and waits until none is inside a kernel: Node must not end a thread in there. */
  leave(): void {
    this.dispose();
    const deadline = Date.now() + EXIT_PATIENCE;
    for (;;) {
      const gone = Atomics.load(this.words, GONE);
      const left = deadline - Date.now();
      if (gone >= this.started || left <= 0) return;
      Atomics.wait(this.words, GONE, gone, left);
    }
  }
}

function leaveAll(): void {
  for (const pool of [...open]) pool.leave();
}
