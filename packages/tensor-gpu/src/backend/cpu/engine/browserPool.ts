import type { Crew } from './crew.ts';
import type { Heap } from './heap.ts';
import { PoolControl } from './poolControl.ts';
import { programTexts } from './programTexts.ts';
import { threadCount } from './threadCount.ts';
import type { WorkerLibrary } from './wasmLibrary.ts';

interface WorkerEvent {
  message?: string;
  preventDefault(): void;
}

/** The part of a browser's worker that is used here; TypeScript declares it only together with the whole DOM. */
interface BrowserWorker {
  postMessage(message: unknown): void;
  addEventListener(type: 'message' | 'error', listener: (event: WorkerEvent) => void): void;
  removeEventListener(type: 'error', listener: (event: WorkerEvent) => void): void;
}

/** Names of a browser's global scope that a pool asks for. */
interface BrowserScope {
  /** Whether memory may be shared with other threads: a server's headers decide it. */
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
  /** Absent where threads cannot be started. */
  Worker?: new (
    address: string,
    options: { name: string },
  ) => BrowserWorker;
  document?: object;
}

/**
 * Started from a string, so that no bundler has to know of it. It says at once that it has entered the kernels (a port would
 * wait for the thread to be idle, which it is never again), and ends with its pool.
 */
const WORKER_SOURCE = `onmessage = ({ data }) => {
const started = { postMessage: (text) => postMessage(text), close() {} };
(${programTexts.poolWorker})({ ...data, started });
close();
};`;

const NOT_ISOLATED =
  "the page is not cross-origin isolated: its server does not send the headers 'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp'";

/**
 * Threads of a browser that help with commands of several chunks, over the same memory as Node's, where the page may share it.
 * Where it may not, or where no thread can be started, the caller computes alone and `fewerThreads` says why.
 *
 * @param threads - That compute, the caller included. Default: the cores that the browser tells, at most 16.
 * @throws {TensorGpuError} `option` for another number than 1 to 64.
 */
export async function openBrowserPool(
  heap: Heap,
  library: WorkerLibrary,
  threads: number | undefined,
): Promise<Crew> {
  const scope = globalThis as BrowserScope; // of a page or one of its workers
  const wanted = threadCount(threads, scope.navigator?.hardwareConcurrency ?? 1);
  const control = new PoolControl(heap);
  const crew = {
    control: control.offset,
    ready: Promise.resolve(),
    wake: () => control.wake(),
    rest: () => control.rest(),
    dispose: () => control.quit(),
  };
  if (wanted === 1) return { ...crew, threads: 1 };
  const { Worker } = scope;
  if (scope.crossOriginIsolated !== true)
    return { ...crew, threads: 1, fewerThreads: NOT_ISOLATED };
  if (Worker === undefined)
    return { ...crew, threads: 1, fewerThreads: 'this scope can start no threads' };
  if (scope.document !== undefined) control.stayAwake();
  const address = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const starts = Array.from({ length: wanted - 1 }, (_, i) =>
    start(() => new Worker(address, { name: `tensor-gpu ${i + 1}` }), control.workerData(library)),
  );
  const faults = (await Promise.all(starts)).filter((fault) => fault !== undefined);
  URL.revokeObjectURL(address);
  const [fault] = faults;
  const fewerThreads = fault && `${faults.length} threads could not be started (${fault})`;
  return { ...crew, threads: wanted - faults.length, fewerThreads };
}

/** @returns Why it did not start; `undefined` once it has entered the kernels. */
function start(open: () => BrowserWorker, data: object): Promise<string | undefined> {
  return new Promise((resolve) => {
    try {
      const worker = open();
      const fail = (event: WorkerEvent): void => {
        event.preventDefault(); // else it is an error of the page too
        // a policy that forbids blob: gives no message
        resolve(event.message ?? "the page's Content-Security-Policy must have 'worker-src blob:'");
      };
      worker.addEventListener('error', fail);
      worker.addEventListener('message', () => {
        worker.removeEventListener('error', fail);
        resolve(undefined);
      });
      worker.postMessage(data);
    } catch (error) {
      resolve((error as Error).message); // browsers throw Errors
    }
  });
}
