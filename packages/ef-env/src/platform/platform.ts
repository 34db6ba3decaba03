/** Workers this package starts; each is a file of that name beside the main one. */
export type WorkerName = 'javascriptWorker' | 'pythonWorker' | 'typescriptWorker';

/** A worker thread seen from outside, alike in Node and browsers. */
export interface WorkerHandle {
  post(message: unknown): void;
  /** Replaces the listeners. `onExit` is called once, with what stopped the worker, if anything. */
  listen(onMessage: (message: unknown) => void, onExit: (error: Error | null) => void): void;
  /** Ends it, whatever it is doing. */
  terminate(): Promise<void>;
}

export interface OpenWorkerOptions {
  /** Limit of its JavaScript heap, MiB; browsers have none. WebAssembly memory is not part of it. */
  heapMb: number;
  /** Limit of its stack, MiB; browsers have their own. Default 4, Node's. */
  stackMb?: number | undefined;
}

/** Written as a method: so a handler of the DOM library's own events fits. */
type Handler<Event> = { handle(event: Event): void }['handle'] | null;

/** What this package uses of a browser's `Worker`. */
export interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: Handler<{ data: unknown }>;
  onerror: Handler<{ message: string }>;
}

/** What this package uses of a `WebSocket`. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** A worker's way to the thread that started it. */
export interface WorkerPort {
  post(message: unknown): void;
  listen(onMessage: (message: unknown) => void): void;
}

/** Pyodide's loader, and where its files are. */
export interface PyodideSource {
  loadPyodide: typeof import('pyodide').loadPyodide;
  indexURL: string;
}

/** What differs between Node and browsers. `#platform` is the implementation for where the code runs. */
export interface Platform {
  /** Node's file functions. Browsers: throws {@link EfEnvError} `platform`, naming `caller`. */
  fileSystem(caller: string): Promise<typeof import('node:fs/promises')>;
  warn(message: string): void;
  /** A variable of the process's environment. Browsers have none. */
  environmentVariable(name: string): string | undefined;
  /** Browsers: throws {@link EfEnvError} `platform`, since only a bundler knows where the worker's file is. */
  openWorker(name: WorkerName, options: OpenWorkerOptions): Promise<WorkerHandle>;
  workerPort(): Promise<WorkerPort>;
  /**
   * Node: the optional peer `pyodide`, whose own folder is the default. Browsers: the module in the folder
   * `indexURL`, because bundlers cannot take it; none throws {@link EfEnvError} `option`.
   */
  openPyodide(indexURL: string | undefined): Promise<PyodideSource>;
  /**
   * Starts to connect, with the global `WebSocket` or, on Node 20, the optional peer `ws`. Browsers send no
   * headers of ours: there `headers` throws {@link EfEnvError} `platform`.
   */
  webSocket(url: string, headers?: Record<string, string>): Promise<WebSocketLike>;
}
