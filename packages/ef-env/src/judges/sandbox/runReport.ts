import type { TestReport, WorkerMessage } from './workerMessages.ts';

export interface Printed {
  stdout: string;
  stderr: string;
}

/** What a run may use, in the units of {@link SandboxOptions}. */
export interface RunLimits {
  timeout: number;
  memoryMb: number;
  outputBytes: number;
}

/** A result of more characters is no result but output. */
const RESULT_CHARACTERS = 2 ** 24;

/** What ended a run before its last test. */
export type RunCut = 'timeout' | 'memory' | 'output-limit' | 'crash';

/** What became of a run, before it is judged. */
export interface RunReport {
  /** `null` when every test came to an end. */
  cut: RunCut | null;
  /** Tests that came to an end, in order, with what each printed. */
  tests: (TestReport & Printed)[];
  /** Printed by the test during which the run was cut. */
  unfinished: Printed;
  /** In which a test ran, without the preparation of each. */
  milliseconds: number;
  /** The worker may run another program. */
  reusable: boolean;
}

/** Builds a report of a worker's messages. */
export interface RunRecorder {
  /** One message; a message that is none of a worker's is a crash. */
  take(message: WorkerMessage): void;
  /** Ends the report here. */
  cut(reason: RunCut): void;
}

/**
 * @param tests - how many must come to an end before `finished` is believed.
 * @param outputBytes - of UTF-8, all tests together; what goes beyond is dropped and ends the run.
 * @param onEnd - called once.
 */
export function recordRun(
  { tests, outputBytes }: { tests: number; outputBytes: number },
  onEnd: (report: RunReport) => void,
): RunRecorder {
  const ended: RunReport['tests'] = [];
  let printed: Printed = { stdout: '', stderr: '' };
  let left = outputBytes;
  let leftBefore = left; // when the test began
  let milliseconds = 0;
  let startedAt: number | null = null;
  const stopClock = (): void => {
    if (startedAt !== null) milliseconds += performance.now() - startedAt;
    startedAt = null;
  };
  const end = (cut: RunCut | null, reusable = false): void => {
    stopClock();
    onEnd({ cut, tests: ended, unfinished: printed, milliseconds, reusable });
  };
  return {
    cut: end,
    take: (message) => {
      switch (message?.kind) {
        case 'started':
          startedAt = performance.now();
          return;
        case 'output': {
          const bytes = new TextEncoder().encode(message.text);
          printed[message.stream] += decodeWhole(bytes.subarray(0, left));
          left -= bytes.length;
          if (left < 0) end('output-limit');
          return;
        }
        case 'restarted':
          stopClock();
          printed = { stdout: '', stderr: '' };
          left = leftBefore;
          return;
        case 'tested': {
          stopClock();
          leftBefore = left;
          const { result, shown, exception, isTests, unsound } = message;
          if ((result?.length ?? 0) > RESULT_CHARACTERS) return end('output-limit');
          ended.push({ result, shown, exception, isTests, unsound, ...printed });
          printed = { stdout: '', stderr: '' };
          return;
        }
        case 'finished':
          return ended.length === tests ? end(null, message.reusable) : end('crash');
        case 'memory':
          return end('memory');
        default:
          return end('crash');
      }
    },
  };
}

/** Without the character that a cut went through; a lone surrogate was replaced when it was encoded. */
function decodeWhole(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}
