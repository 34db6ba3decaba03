import type { Worker } from 'node:worker_threads';
import { missingPeer } from '../base/missingPeer.ts';
import type { OpenWorkerOptions, Platform, WebSocketLike, WorkerHandle } from './platform.ts';

export const fileSystem: Platform['fileSystem'] = () => import('node:fs/promises');

export const warn: Platform['warn'] = (message) => process.emitWarning(message);

export const environmentVariable: Platform['environmentVariable'] = (name) => process.env[name];

export const webSocket: Platform['webSocket'] = async (url, headers) => {
  type WebSocketClass = new (url: string, options?: object) => WebSocketLike;
  const Own = (globalThis as { WebSocket?: WebSocketClass }).WebSocket; // Node >= 22
  if (Own !== undefined) return headers === undefined ? new Own(url) : new Own(url, { headers });
  const { WebSocket } = await import('ws').catch((error) => {
    throw missingPeer(error, 'ws', 'WebSocket on Node 20');
  });
  const Peer = WebSocket as unknown as WebSocketClass; // the same for text messages and these events
  return new Peer(url, { headers, perMessageDeflate: false }); // inflating costs more than short messages gain
};

export const openWorker: Platform['openWorker'] = (name, options) =>
  startWorker(new URL(`./${name}.js`, import.meta.url), options);

/** Starts a worker that sees neither the environment nor the flags of this process. */
export async function startWorker(
  file: URL | string,
  { heapMb, stackMb = 4 }: OpenWorkerOptions,
  execArgv: string[] = [],
): Promise<WorkerHandle> {
  const threads = await import('node:worker_threads');
  const worker = new threads.Worker(file, {
    eval: typeof file === 'string',
    env: {},
    argv: [],
    execArgv,
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, stackSizeMb: stackMb },
  });
  return handleOf(worker);
}

function handleOf(worker: Worker): WorkerHandle {
  let failure: Error | null = null;
  worker.on('error', (error) => {
    failure = error;
  });
  return {
    post: (message) => worker.postMessage(message),
    listen: (onMessage, onExit) => {
      worker.removeAllListeners('message');
      worker.removeAllListeners('exit');
      worker.on('message', onMessage);
      worker.once('exit', () => onExit(failure));
      worker.unref(); // the listener took a reference; while a worker is at work, its time limit keeps the process alive
    },
    terminate: async () => {
      await worker.terminate();
    },
  };
}

export const openPyodide: Platform['openPyodide'] = async (indexURL) => {
  const { loadPyodide } = await import('pyodide').catch((error) => {
    throw missingPeer(error, 'pyodide', 'pythonSandbox');
  });
  if (indexURL !== undefined) return { loadPyodide, indexURL };
  const [{ createRequire }, { dirname }] = await Promise.all([
    import('node:module'),
    import('node:path'),
  ]);
  const own = createRequire(import.meta.url).resolve('pyodide/package.json');
  return { loadPyodide, indexURL: dirname(own) };
};

export const workerPort: Platform['workerPort'] = async () => {
  const { parentPort } = await import('node:worker_threads');
  if (parentPort === null) throw new Error('this file runs in a worker only');
  return {
    post: (message) => parentPort.postMessage(message),
    listen: (onMessage) => parentPort.on('message', onMessage),
  };
};
