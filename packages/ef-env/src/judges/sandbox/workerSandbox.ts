import { openWorker } from '#platform';
import { checkChoice } from '../../base/checkChoice.ts';
import { checkCounts } from '../../base/checkCounts.ts';
import { EfEnvError } from '../../base/errors.ts';
import { type ReadOptions, readOptions } from '../../base/readOptions.ts';
import type { WorkerHandle, WorkerName } from '../../platform/platform.ts';
import { webWorkerHandle } from '../../platform/workers/webWorkerHandle.ts';
import { workerSlots } from '../../platform/workers/workerSlots.ts';
import { bootWorker } from './bootWorker.ts';
import { type CheckedProgram, checkProgram } from './checkProgram.ts';
import { testFault } from './checkTest.ts';
import { judgeRun } from './judgeRun.ts';
import { sharedImage } from './python/sharedImage.ts';
import { runOnWorker } from './runOnWorker.ts';
import type { RunReport } from './runReport.ts';
import { REVEALS, type Sandbox, type SandboxOptions } from './sandbox.ts';
import type { ImageRequest, RunRequest } from './workerMessages.ts';

/** What differs between the languages, seen from the host. */
export interface SandboxLanguage {
  language: Sandbox['language'];
  workerName: WorkerName;
  /** JavaScript heap of the worker itself, MiB: the loader and texts on their way, not the program's memory. */
  heapMb: number;
  /** Its stack, MiB. Default 4. */
  stackMb?: number | undefined;
  /** Asks a first worker for what the others boot from. */
  imageRequest?: ImageRequest | undefined;
}

/** For `readOptions`, of every language. */
export const SANDBOX_OPTIONS: Record<keyof SandboxOptions, 'optional'> = {
  timeout: 'optional',
  memoryMb: 'optional',
  outputBytes: 'optional',
  concurrency: 'optional',
  worker: 'optional',
};

/** A sandbox whose programs run in workers of `language`. */
export function workerSandbox(
  { language, workerName, heapMb, stackMb, imageRequest }: SandboxLanguage,
  options: ReadOptions<SandboxOptions, typeof SANDBOX_OPTIONS>,
): Sandbox {
  const { timeout = 3000, memoryMb = 256, outputBytes = 65_536, concurrency = 1, worker } = options;
  checkCounts(`${language}Sandbox`, { timeout, memoryMb, outputBytes, concurrency });
  const open = async (): Promise<WorkerHandle> =>
    worker ? webWorkerHandle(worker()) : openWorker(workerName, { heapMb, stackMb });
  const images = sharedImage(open, imageRequest);
  const slots = workerSlots(concurrency, async (signal) => {
    const image = await images.get(signal);
    const handle = await open();
    await bootWorker(handle, { kind: 'boot', memoryMb, image }, signal);
    return handle;
  });
  return {
    language,
    run: async (given, options = {}) => {
      const { signal, reveal = 'expected' } = readOptions('run', options, {
        reveal: 'optional',
        signal: 'optional',
      });
      checkChoice('run: reveal', reveal, REVEALS);
      const program = checkProgram(given, language);
      checkPrintable(program, outputBytes);
      const request = runRequest(program, outputBytes);
      const report = await slots.use(
        (handle, ended) => runOnWorker(handle, request, { timeout, signal: ended }),
        signal,
      );
      checkSound(report);
      return judgeRun(program, report, { limits: { timeout, memoryMb, outputBytes }, reveal });
    },
    dispose: async () => {
      const ended = slots.dispose();
      images.dispose();
      await ended;
    },
  };
}

/** The part of a program that its worker may know. */
function runRequest({ code, mode, entry, tests }: CheckedProgram, outputBytes: number): RunRequest {
  const inputs = tests.map(({ input }) => input);
  return { kind: 'run', code, mode, entry, inputs, outputBytes };
}

/** @throws {EfEnvError} `task` for an assertion that could hold or fail for no program. */
function checkSound({ tests }: RunReport): void {
  const at = tests.findIndex(({ unsound }) => unsound !== undefined);
  if (at >= 0) throw testFault('assert', at, `${tests[at]?.unsound}.`);
}

/** @throws {EfEnvError} `task` if no program may print what is expected: it would end as `output-limit`. */
function checkPrintable({ mode, tests }: CheckedProgram, outputBytes: number): void {
  if (mode !== 'stdio') return;
  const texts = tests.map(({ expected }) => `${(expected ?? '').trim()}\n`); // as most programs print it
  const needed = new TextEncoder().encode(texts.join('')).length;
  if (needed <= outputBytes) return;
  throw new EfEnvError(
    'task',
    `run: the tests expect ${needed} bytes of output, the sandbox allows ${outputBytes}, all tests together. Make it with outputBytes: ${2 * needed}, or leave out long tests.`,
  );
}
