import { EfEnvError } from '../base/errors.ts';
import type { Platform, WebSocketLike } from './platform.ts';

/** What this file uses of a page's or a worker's global scope. */
const scope = globalThis as unknown as {
  WebSocket: new (url: string) => WebSocketLike;
  location: { href: string };
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
};

export const fileSystem: Platform['fileSystem'] = async (caller) => {
  throw new EfEnvError(
    'platform',
    `${caller}: a path needs Node. To read in a browser, give the content of the file instead.`,
  );
};

// biome-ignore lint/suspicious/noConsole: the browser's place for warnings
export const warn: Platform['warn'] = (message) => console.warn(message);

export const environmentVariable: Platform['environmentVariable'] = () => undefined;

export const webSocket: Platform['webSocket'] = async (url, headers) => {
  if (headers === undefined) return new scope.WebSocket(url);
  throw new EfEnvError(
    'platform',
    'openEnv: headers of a WebSocket need Node, browsers send none. Put the token into the url, if the server reads it there.',
  );
};

export const openWorker: Platform['openWorker'] = async (name) => {
  throw new EfEnvError(
    'platform',
    `A sandbox needs its worker in a browser: pass worker: () => new Worker(new URL('@molrl/ef-env/${name}', import.meta.url), { type: 'module' }), as your bundler writes it.`,
  );
};

export const openPyodide: Platform['openPyodide'] = async (indexURL) => {
  if (indexURL === undefined)
    throw new EfEnvError(
      'option',
      "pythonSandbox: a browser needs indexURL, a folder with the files of the package pyodide, such as '/pyodide/'. Copy them there.",
    );
  const folder = new URL(indexURL.replace(/\/?$/, '/'), scope.location.href).href;
  const { loadPyodide } = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ `${folder}pyodide.mjs`
  );
  return { loadPyodide, indexURL: folder };
};

export const workerPort: Platform['workerPort'] = async () => ({
  post: (message) => scope.postMessage(message),
  listen: (onMessage) => {
    scope.onmessage = ({ data }) => onMessage(data);
  },
});
