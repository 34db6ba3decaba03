import { openWorker } from '#platform';
import { EfEnvError } from '../errors.ts';
import type { WorkerHandle, WorkerName } from '../platform/platform.ts';
import { bootWorker } from './bootWorker.ts';
import { type CheckedProgram, checkProgram } from './checkProgram.ts';
import { judgeRun } from './judgeRun.ts';
import { runOnWorker } from './runOnWorker.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { sharedImage } from './sharedImage.ts';
import { webWorkerHandle } from './webWorkerHandle.ts';
import type { ImageRequest, RunRequest } from './workerMessages.ts';
import { workerSlots } from './workerSlots.ts';

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

/** A sandbox whose programs run in workers of `language`. */
export function workerSandbox(
  { language, workerName, heapMb, stackMb, imageRequest }: SandboxLanguage,
  options: SandboxOptions,
): Sandbox {
  const { timeout = 3000, memoryMb = 256, outputBytes = 65_536, concurrency = 1, worker } = options;
  for (const [name, value] of Object.entries({ timeout, memoryMb, outputBytes, concurrency })) {
    assertPositiveInteger(`${language}Sandbox`, name, value);
  }
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
    run: async (given, { signal, reveal = 'expected' } = {}) => {
      const program = checkProgram(given, language);
      assertPrintable(program, outputBytes);
      const request = runRequest(program, outputBytes);
      const report = await slots.use(
        (handle, ended) => runOnWorker(handle, request, { timeout, signal: ended }),
        signal,
      );
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

/** @throws {EfEnvError} `task` if no program may print what is expected: it would end as `output-limit`. */
function assertPrintable({ mode, tests }: CheckedProgram, outputBytes: number): void {
  if (mode !== 'stdio') return;
  const texts = tests.map(({ expected }) => (expected ?? '').trim());
  const needed = new TextEncoder().encode(texts.join('')).length;
  if (needed <= outputBytes) return;
  throw new EfEnvError(
    'task',
    `run: the tests expect ${needed} bytes of output, the sandbox allows ${outputBytes}, all tests together. Make it with outputBytes: ${2 * needed}, or leave out long tests.`,
  );
}

function assertPositiveInteger(caller: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new EfEnvError(
    'option',
    `${caller}: ${name} must be a whole number above 0, got ${value}.`,
  );
}
