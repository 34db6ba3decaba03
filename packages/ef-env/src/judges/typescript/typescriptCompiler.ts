import { openWorker } from '#platform';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import type { WebWorker, WorkerHandle } from '../../platform/platform.ts';
import { webWorkerHandle } from '../../platform/workers/webWorkerHandle.ts';
import { workerSlots } from '../../platform/workers/workerSlots.ts';
import { askWorker, type WorkerFailure } from './askWorker.ts';
import type {
  CheckAnswer,
  CheckRequest,
  CompilerSetup,
  CompilerSetupAnswer,
} from './compilerMessages.ts';
import { type TypescriptReport, typescriptReport } from './typescriptReport.ts';

/** How a check ended; all but `'pass'` and `'errors'` say nothing of the program's types. */
export type TypescriptOutcome = 'pass' | 'errors' | 'too-long' | 'too-deep' | WorkerFailure;

export interface TypescriptResult extends TypescriptReport {
  outcome: TypescriptOutcome;
}

export interface TypescriptCompilerOptions {
  /**
   * As in a tsconfig.json, over these: strict, target and lib ES2022, module ESNext, bundler resolution, no types
   * of packages, libraries not checked.
   */
  compilerOptions?: Record<string, unknown> | undefined;
  /** What every program may use without declaring it, as declarations. Default: `console`. */
  globals?: string | undefined;
  /** Texts of the `lib.*.d.ts` files by name. Default: those of the package, in Node; browsers need them. */
  libFiles?: Record<string, string> | undefined;
  /** Longest program, characters. Default 50,000. */
  maxLength?: number | undefined;
  /** Limit of one check, milliseconds. Default 5,000. */
  timeout?: number | undefined;
  /** Limit of the compiler's heap, MiB, in Node. Default 512. */
  memoryMb?: number | undefined;
  /** Checks at once, each in a worker of its own. Default 1. */
  concurrency?: number | undefined;
  /** Browsers only: makes the worker, whose file your bundler has to find. See the README. */
  worker?: (() => WebWorker) | undefined;
}

export interface TypescriptCheckOptions {
  /** Other files by name, for `import './name'`; declarations in them are global. */
  files?: Record<string, string> | undefined;
  /** Code in a file of its own that uses the program: its errors count, and have no spans. */
  check?: string | undefined;
  /** Give lines without an error a span of reward +1. Default `false`. */
  cleanLines?: boolean | undefined;
  /** Ends the check and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Checks programs nobody trusts. Owns workers: dispose of it. */
export interface TypescriptCompiler {
  /** Never rejects because of the program; more calls than `concurrency` wait for their turn. */
  check(code: string, options?: TypescriptCheckOptions): Promise<TypescriptResult>;
  /** Ends all workers; checks that wait or are under way reject with {@link EfEnvError} `sandbox`. */
  dispose(): Promise<void>;
}

const DEFAULT_OPTIONS = {
  strict: true,
  target: 'es2022',
  lib: ['es2022'],
  module: 'esnext',
  moduleResolution: 'bundler',
  types: [],
  skipLibCheck: true,
};
const DEFAULT_GLOBALS =
  'declare const console: Record<"log" | "info" | "warn" | "error" | "debug", (...values: unknown[]) => void>;';

/** Loading the compiler and the library takes 1 to 2 s, far more on a very busy machine. */
const SETUP_LIMIT_MS = 60_000;

const FAILURES = {
  'too-long': 'The program is too long to be checked.',
  'too-deep': 'The compiler gave up: the program is nested too deeply.',
  timeout: 'The compiler gave up: checking the program takes too long.',
  memory: 'The compiler gave up: checking the program needs too much memory.',
  crash: 'The compiler broke down on the program.',
} as const;

/**
 * TypeScript's diagnostics as span rewards and words: symbolic feedback in the sense of RLSF, which rewards
 * the tokens a symbolic tool finds fault with and the others apart. Each error is a span of reward -1 labelled
 * with its code. Comments that silence the compiler (`@ts-ignore` and the like) have no effect.
 *
 * The compiler runs in a worker that is ended at its limits, and sees no files but those it is given. Needs the
 * optional peer `typescript`.
 *
 * @throws {EfEnvError} `option` for a number below 1. `check` throws `missing-peer`, `option` for compiler
 * options it does not take or missing library files, and `sandbox` if no compiler could be started.
 *
 * @example
 * const compiler = typescriptCompiler();
 * const { spans, feedback } = await compiler.check('const size: number = "7";');
 * spans; // [{ start: 6, end: 10, reward: -1, label: 'TS2322' }]
 * feedback.split('\n')[0]; // "Line 1, column 7: Type 'string' is not assignable to type 'number'. (TS2322)"
 * await compiler.dispose();
 *
 * @see Jha et al. 2024, RLSF: Fine-tuning LLMs via Symbolic Feedback: https://arxiv.org/abs/2405.16661
 */
export function typescriptCompiler(options: TypescriptCompilerOptions = {}): TypescriptCompiler {
  const given = readOptions('typescriptCompiler', options, {
    compilerOptions: 'optional',
    globals: 'optional',
    libFiles: 'optional',
    maxLength: 'optional',
    timeout: 'optional',
    memoryMb: 'optional',
    concurrency: 'optional',
    worker: 'optional',
  });
  const { maxLength = 50_000, timeout = 5000, memoryMb = 512, concurrency = 1 } = given;
  checkNumbers({ maxLength, timeout, memoryMb, concurrency });
  const slots = workerSlots(concurrency, (signal) => startCompiler(given, memoryMb, signal));
  const ask = async (
    request: CheckRequest,
    signal: AbortSignal | undefined,
  ): Promise<CheckAnswer | WorkerFailure> => {
    const { answer } = await slots.use(async (worker, ended) => {
      const answer = await askWorker<CheckAnswer>(worker, request, { timeout, signal: ended });
      // after a stack overflow the compiler's own tables may be half written
      return { answer, reusable: typeof answer !== 'string' && answer.kind === 'checked' };
    }, signal);
    return answer;
  };
  return {
    check: async (code, { files = {}, check = null, cleanLines = false, signal } = {}) => {
      if (code.length > maxLength) return failed('too-long');
      const answer = await ask({ kind: 'check', code, files, check }, signal);
      if (typeof answer === 'string') return failed(answer);
      if (answer.kind !== 'checked') return failed(answer.kind);
      const { diagnostics } = answer;
      const outcome = diagnostics.length === 0 ? 'pass' : 'errors';
      return { outcome, ...typescriptReport(code, diagnostics, cleanLines) };
    },
    dispose: () => slots.dispose(),
  };
}

const failed = (outcome: keyof typeof FAILURES): TypescriptResult => ({
  outcome,
  diagnostics: [],
  spans: [],
  feedback: FAILURES[outcome],
});

/** A worker with a compiler in it; ended again if that fails. */
async function startCompiler(
  {
    compilerOptions,
    globals = DEFAULT_GLOBALS,
    libFiles = undefined,
    worker,
  }: TypescriptCompilerOptions,
  heapMb: number,
  signal: AbortSignal,
): Promise<WorkerHandle> {
  const handle = worker
    ? webWorkerHandle(worker())
    : await openWorker('typescriptWorker', { heapMb });
  const setup: CompilerSetup = {
    kind: 'setup',
    compilerOptions: { ...DEFAULT_OPTIONS, ...compilerOptions },
    libFiles: libFiles ?? null,
    globals,
  };
  try {
    const limits = { timeout: SETUP_LIMIT_MS, signal };
    const answer = await askWorker<CompilerSetupAnswer>(handle, setup, limits);
    if (typeof answer === 'string')
      throw new EfEnvError(
        'sandbox',
        `typescriptCompiler: the compiler did not start (${answer}).`,
      );
    if (answer.kind === 'refused') throw new EfEnvError(answer.code, answer.message);
    return handle;
  } catch (error) {
    await handle.terminate();
    throw error;
  }
}

function checkNumbers(numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new EfEnvError(
      'option',
      `typescriptCompiler: ${name} must be an integer >= 1, got ${value}.`,
    );
  }
}
