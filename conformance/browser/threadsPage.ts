// Runs in a browser page: the CPU engine on several threads, called by the page itself and by a worker.
import { type ThreadsJob, type ThreadsResult, trainInBrowser } from './threadsProgram.ts';

/** A browser's class, as far as it is used here. */
declare const Worker: new (
  url: string,
  options: { type: 'module' },
) => {
  onmessage: (event: { data: ThreadsResult }) => void;
  onerror: (event: { message: string }) => void;
  postMessage(job: ThreadsJob): void;
  terminate(): void;
};

function trainInWorker(job: ThreadsJob): Promise<ThreadsResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(job);
  });
}

// The driver calls these by name.
Object.assign(globalThis, { trainHere: trainInBrowser, trainInWorker });
