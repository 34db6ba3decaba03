import { spawn } from 'node:child_process';
import { NODE_FLAGS } from './nodeFlags.ts';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From the first line of output to the end. */
  workMs: number;
}

/** Beside its arguments: when a process gets a signal, and what stands around it. */
export interface RunOptions extends Partial<Stop> {
  /** Modules that it loads first. */
  imports?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Whoever reads its output goes away at this text. */
  closeWhen?: string;
  /** Hears its output. */
  onOutput?: (stdout: string) => void;
}

/** When a process gets a signal: so long after its first line, or when its output says so. */
export interface Stop {
  signal: NodeJS.Signals;
  afterMs?: number;
  when?: string;
}

/** Runs a TypeScript program as its own process, and stops it if asked to. */
export function runProgram(
  file: string,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const { imports = [], env, closeWhen, onOutput, ...stop } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...NODE_FLAGS, ...imports.flatMap((module) => ['--import', module]), file, ...argv],
      { env: { ...process.env, ...env } },
    );
    const ended: Ended = { code: null, signal: null, stdout: '', stderr: '', workMs: 0 };
    let firstLine = 0;
    let told = false;
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (data) => {
      ended.stdout += data;
      if (firstLine === 0) {
        firstLine = performance.now();
        if (stop.afterMs !== undefined)
          timer = setTimeout(() => child.kill(stop.signal), stop.afterMs);
      }
      // Once: a second signal means "at once".
      onOutput?.(ended.stdout);
      if (closeWhen !== undefined && ended.stdout.includes(closeWhen)) child.stdout.destroy();
      if (stop.when !== undefined && !told && ended.stdout.includes(stop.when)) {
        told = true;
        child.kill(stop.signal);
      }
    });
    child.stderr.on('data', (data) => {
      ended.stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ ...ended, code, signal, workMs: performance.now() - firstLine });
    });
  });
}
