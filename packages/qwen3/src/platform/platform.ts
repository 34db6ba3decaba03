/** What this package uses of an open file. */
export interface OpenFile {
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }>;
  stat(): Promise<{ size: number }>;
  /** Of a Blob only what `piecesOf` gives. */
  writeFile(chunk: Uint8Array | Blob | string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What is known of a path. */
export interface PathKind {
  isFile(): boolean;
  isDirectory(): boolean;
}

/**
 * What differs between Node and browsers. `#platform` is the implementation for where the code runs: Node's disk, or in a
 * browser a disk in memory, whose functions reject with Node's error codes.
 */
export interface Platform {
  access(path: string): Promise<void>;
  mkdir(path: string, options: { recursive: true }): Promise<string | undefined>;
  open(path: string, flags: 'r' | 'wx'): Promise<OpenFile>;
  readdir(path: string): Promise<string[]>;
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  realpath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: true; recursive?: boolean }): Promise<void>;
  rmdir(path: string): Promise<void>;
  stat(path: string | URL): Promise<PathKind>;
  /** Makes a rename in a folder durable. */
  syncFolder(path: string): Promise<void>;

  basename(path: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
  resolve(path: string): string;
  /** Of a `file:` URL. Browsers have none and throw. */
  fileURLToPath(url: string | URL): string;

  /** Whether weights can be mapped from a path. */
  canMap: boolean;
  /** The file in pieces, as `OpenFile.writeFile` takes them. */
  piecesOf(blob: Blob): AsyncIterable<Uint8Array> | Iterable<Blob>;
  /** The names that an expression matches. Node: throws after `timeout` milliseconds; browsers cannot. */
  matchingNames(
    names: readonly string[],
    expression: RegExp,
    options: { timeout: number },
  ): string[];
  /** Random hexadecimal digits, two for each byte. */
  randomHex(bytes: number): string;
}
