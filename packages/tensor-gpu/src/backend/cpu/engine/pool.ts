import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Crew } from './crew.ts';
import type { Heap } from './heap.ts';
import { PoolControl } from './poolControl.ts';
import type { PoolWorkerData } from './poolWorkerData.ts';
import { programTexts } from './programTexts.ts';
import type { WorkerLibrary } from './wasmLibrary.ts';

/** Started from a string, so that it needs no file of its own and works from sources, ESM and CommonJS builds alike. */
const WORKER_SOURCE = `(${programTexts.poolWorker})(require('node:worker_threads').workerData, require)`;

/** Longest wait for workers when the process ends, milliseconds: a chunk of the largest kernel ends sooner. */
const EXIT_PATIENCE = 500;

/** Pools whose workers run. One listener serves all. */
const open = new Set<Pool>();
let listening = false;

/** Worker threads of Node that help with commands of several chunks. Owns its control block, scratch and stacks. */
export class Pool implements Crew {
  /** Heap offset of the control block. */
  readonly control: number;
  /** Threads that compute, the caller included. */
  readonly threads: number;
  /** Resolves when every worker has entered the kernels, or has failed. */
  readonly ready: Promise<void>;
  private readonly shared: PoolControl;
  private started = 0;

  constructor(heap: Heap, library: WorkerLibrary, threads: number) {
    this.threads = threads;
    this.shared = new PoolControl(heap);
    this.control = this.shared.offset;
    const starts: Promise<void>[] = [];
    for (let i = 1; i < threads; i++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(WORKER_SOURCE, {
        eval: true,
        name: `tensor-gpu ${i}`,
        execArgv: [], // loaders of the main thread are of no use here
        workerData: {
          ...this.shared.workerData(library),
          started: port2,
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

  wake(): void {
    this.shared.wake();
  }

  rest(): void {
    this.shared.rest();
  }

  /** Sends the workers home. They return by themselves; nothing is waited for. */
  dispose(): void {
    this.shared.quit();
    open.delete(this);
  }

  /** Sends the workers home and waits until none is inside a kernel: Node must not end a thread in there. */
  leave(): void {
    this.dispose();
    this.shared.waitGone(this.started, EXIT_PATIENCE);
  }
}

function leaveAll(): void {
  for (const pool of [...open]) pool.leave();
}
