import type { WebWorker } from '../../platform/platform.ts';

/** A test of LiveCodeBench: stdin and stdout, or (`'function'`) an argument per line and the result, as JSON. */
export interface LiveCodeBenchTest {
  input: string;
  output: string;
  testtype?: string | undefined;
}

/**
 * Whether what came out is right. In mode `'stdio'` all three are texts; in mode `'function'` JSON values, in which
 * whole numbers beyond 2^53 are BigInts, and `input` is the list of arguments.
 */
export type CodeComparison = (
  // biome-ignore lint/suspicious/noExplicitAny: texts or values, as the tests are
  expected: any,
  // biome-ignore lint/suspicious/noExplicitAny: the same
  got: any,
  // biome-ignore lint/suspicious/noExplicitAny: the same
  input: any,
) => boolean;

/**
 * What a program is judged by. Tests are checked before anything runs: missing and unknown keys, values that are no
 * JSON, blank assertions and outputs beyond the sandbox's limit are an {@link EfEnvError} `task`.
 */
export type CodeTests =
  | {
      /** Reads `stdin`, prints. */
      mode: 'stdio';
      tests: readonly ({ stdin: string; stdout: string } | LiveCodeBenchTest)[];
      /**
       * `'tokens'`, as LiveCodeBench does: blanks at both ends of each line and of the whole do not count; two lines
       * are equal as texts, or as lists of decimal numbers (`3.0` = `3`, `1e-07` = `0.0000001`). `'lines'`: numbers
       * are text too, blanks count at the beginning of a line. Default `'tokens'`.
       */
      compare?: 'tokens' | 'lines' | CodeComparison | undefined;
      /**
       * Numbers may differ by this, absolute or relative, unless both are written as whole ones; words are then
       * compared one by one, blanks between them do not count. Default 0.
       */
      tolerance?: number | undefined;
    }
  | {
      /** Defines a function, called with `args`; a promise is awaited. A BigInt is a whole number of any size. */
      mode: 'function';
      tests: readonly ({ args: readonly unknown[]; expected: unknown } | LiveCodeBenchTest)[];
      /** Name of the function, or of a method (`'Solution.twoSum'`) of a class that is made without arguments. Default `'solve'`. */
      entry?: string | undefined;
      /** Default: as JSON, whole numbers exactly, `true` is not 1, the order of keys does not count. */
      compare?: CodeComparison | undefined;
      /** Numbers that are not both whole may differ by this, absolute or relative. Default 1e-9 relative or 1e-12 absolute. */
      tolerance?: number | undefined;
    }
  | {
      /**
       * Each test is code that runs after the program, in its scope, and throws when it does not hold. A
       * program that is trained against such tests can learn to make them hold; against the others it cannot.
       */
      mode: 'assert';
      tests: readonly string[];
    };

/** A program and how it is judged. A `'script'` only runs. */
export type CodeProgram = { code: string } & (CodeTests | { mode: 'script' });

/** How a run ended: how its first test that did not pass did. */
export type CodeOutcome =
  | 'pass'
  | 'wrong'
  | 'exception'
  | 'timeout'
  | 'memory'
  | 'output-limit'
  /** The interpreter broke down or was tampered with. */
  | 'crash';

/** What the first test that did not pass threw. */
export interface CodeException {
  /** Its type; `null` for a thrown value that is no error. */
  name: string | null;
  message: string;
  /** 1-based line in the program; `null` when it cannot be told. */
  line: number | null;
}

/** The first test that did not pass. */
export interface CodeFailure {
  /** 0-based. */
  test: number;
  /** What was given to the program: stdin, arguments as JSON, or the test's code. */
  input: string;
  expected: string | null;
  /** What came out, as text or JSON; `null` when nothing did. */
  got: string | null;
}

export interface CodeResult {
  outcome: CodeOutcome;
  /**
   * Tests passed, of all: a test that fails does not end the run, since each starts afresh. What cuts a run
   * (time, memory, output, a crash) does, and the tests it did not come to count as not passed.
   */
  passed: number;
  total: number;
  /** Printed in the first test that did not pass, else in the last; cut at the output limit. */
  stdout: string;
  stderr: string;
  exception: CodeException | null;
  failure: CodeFailure | null;
  /** The result in words, for the policy: what went wrong, in which line, and on which input. */
  feedback: string;
  /** In which the program ran, all tests together, without the interpreter's own start. */
  milliseconds: number;
}

export interface SandboxOptions {
  /** Limit of one program, milliseconds, all its tests together, from its first instruction. Default 3,000. */
  timeout?: number | undefined;
  /** Limit of its memory, MiB. Default 256. */
  memoryMb?: number | undefined;
  /** Limit of what it prints, bytes of UTF-8, stdout and stderr together. Default 65,536. */
  outputBytes?: number | undefined;
  /** Programs at once, each in a worker of its own. Default 1. */
  concurrency?: number | undefined;
  /** Browsers only: makes the worker, whose file your bundler has to find. See the README. */
  worker?: (() => WebWorker) | undefined;
}

/** How much of a failed test the words of a result tell: all, all but what was expected, or only that it failed. */
export type Reveal = (typeof REVEALS)[number];
export const REVEALS = ['expected', 'input', 'nothing'] as const;

export interface RunCodeOptions {
  /** What `feedback` tells of the test that failed. Default `'expected'`; a test's own code counts as such. */
  reveal?: Reveal | undefined;
  /** Ends the run (its worker is thrown away) and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Runs programs nobody trusts. Owns workers: dispose of it. */
export interface Sandbox {
  readonly language: 'javascript' | 'python';
  /** Never rejects because of what the program does; more calls than `concurrency` wait for their turn. */
  run(program: CodeProgram, options?: RunCodeOptions): Promise<CodeResult>;
  /** Ends all workers; runs that wait or are under way reject with {@link EfEnvError} `sandbox`. */
  dispose(): Promise<void>;
}
