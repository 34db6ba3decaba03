import type { WebWorker, WorkerHandle } from '../platform.ts';

/** A browser's worker as the sandbox sees workers. */
export function webWorkerHandle(worker: WebWorker): WorkerHandle {
  return {
    post: (message) => worker.postMessage(message),
    listen: (onMessage, onExit) => {
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = ({ message }) => onExit(new Error(message));
    },
    terminate: async () => worker.terminate(),
  };
}
