import type { CodeException, CodeProgram } from './sandbox.ts';

/** First message to a worker: load the interpreter. It answers `ready` or `failed`. */
export interface BootRequest {
  kind: 'boot';
  /** Limit of the interpreter's memory, MiB. */
  memoryMb: number;
  /** Of a language that starts slowly: what its first worker answered to an {@link ImageRequest}. */
  image?: unknown;
}

/** Instead of `boot`: start the interpreter, answer its `image`, run nothing. */
export interface ImageRequest {
  kind: 'image';
  memoryMb: number;
  /** Where the interpreter's files are; its package knows when it is not bundled. */
  indexURL?: string | undefined;
}

/** A program to run. What its tests expect stays with the host. */
export interface RunRequest {
  kind: 'run';
  code: string;
  mode: CodeProgram['mode'];
  /** Name of the function of mode `'function'`. */
  entry: string;
  /** One per test: stdin, the arguments as a JSON array, or the test's code. A script has one, empty. */
  inputs: string[];
  /** A worker need not send more of one text than this, plus one byte. */
  outputBytes: number;
}

/** What a worker says: `ready`; then, of each run, `started`, `output` and `tested` per test, and `finished`. */
export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'image'; image: unknown }
  /** The interpreter cannot be loaded. */
  | { kind: 'failed'; code: 'missing-peer' | 'sandbox'; message: string }
  /** The program's first instruction is next: its time counts from here to `tested`. */
  | { kind: 'started' }
  | { kind: 'output'; stream: 'stdout' | 'stderr'; text: string }
  /** The test begins again: what it printed does not count, its time does. */
  | { kind: 'restarted' }
  | ({ kind: 'tested' } & TestReport)
  /** Ends a run. A worker that is not `reusable` is thrown away. */
  | { kind: 'finished'; reusable: boolean }
  /** End the run as well; the worker is thrown away. */
  | { kind: 'memory' }
  | { kind: 'crash' };

/** A test that came to an end; what it printed was sent before. */
export interface TestReport {
  /** Mode `'function'`: the result as JSON; `null` when there is none. */
  result: string | null;
  /** The result as the language writes it, where JSON has no such value (`undefined`, `NaN`, a set). */
  shown?: string | undefined;
  exception: CodeException | null;
  /** Mode `'assert'`: the exception came from the test's code, not from the program that it called. */
  isTests?: boolean | undefined;
  /** Mode `'assert'`: what is wrong with the test, whatever the program; nothing was run. */
  unsound?: string | undefined;
}
