import { EfEnvError } from '../../../base/errors.ts';
import { readOptions } from '../../../base/readOptions.ts';
import type { Sandbox, SandboxOptions } from '../sandbox.ts';
import { SANDBOX_OPTIONS, workerSandbox } from '../workerSandbox.ts';

export interface PythonSandboxOptions extends SandboxOptions {
  /**
   * The folder with the files of the package `pyodide`. Node's default: the installed package. Browsers need it:
   * a URL, absolute or relative to the worker, such as `'/pyodide/'`.
   */
  indexURL?: string | undefined;
}

/** MiB: the interpreter alone takes 30, and WebAssembly's addresses end at 4 GiB. */
const MEMORY_MB = { least: 64, most: 4096 } as const;
/** Pyodide's loader, its library and texts on their way; programs have WebAssembly memory. */
const HEAP_MB = 256;
/** See `C_STACK` in `pythonImage`. */
const STACK_MB = 64;

/**
 * Runs Python nobody trusts: the CPython 3.14 of Pyodide, in workers that are ended when a program exceeds a
 * limit. Needs the optional package `pyodide`.
 *
 * A first worker boots Pyodide (3 to 5 s, once per sandbox), takes an image of its memory and is ended. The
 * workers that run programs continue from that image without Pyodide: what CPython asks of its surroundings is
 * answered by this package, with numbers, so there is no way from Python to JavaScript, and no network, process
 * or file but the standard library. Before each test all memory is put back to the image, so the same program
 * gives the same result, whatever ran before it.
 *
 * Standard library only, UTC, a fixed hash seed and `os.urandom`; no packages such as numpy. Sizes are those of 64 bits
 * as far as memory allows, threads run to their end when they are started (README, Limits). Programs of the modes `'stdio'` and `'script'` run as `__main__`, the others as the module `solution`.
 * `memoryMb` (64 to 4,096) includes the interpreter's own 30.
 *
 * @throws {EfEnvError} `option` for an unknown option or a limit out of range. `run` rejects with `missing-peer` when the package is
 * not installed, `sandbox` when no worker starts, `task` for a program without tests.
 *
 * @example
 * const sandbox = pythonSandbox({ timeout: 1000 });
 * const code = 'def solve(words):\n    return [len(w) for w in word]';
 * const tests = [{ args: [['to', 'be']], expected: [2, 2] }];
 * const { outcome, exception } = await sandbox.run({ mode: 'function', code, tests });
 * // 'exception', { name: 'NameError', message: "name 'word' is not defined", line: 2 }
 * await sandbox.dispose();
 */
export function pythonSandbox(options: PythonSandboxOptions = {}): Sandbox {
  const { indexURL, ...limits } = readOptions('pythonSandbox', options, {
    ...SANDBOX_OPTIONS,
    indexURL: 'optional',
  });
  const { memoryMb = 256 } = limits;
  if (memoryMb < MEMORY_MB.least || memoryMb > MEMORY_MB.most) {
    const { least, most } = MEMORY_MB;
    const message = `pythonSandbox: memoryMb must be from ${least} to ${most}, got ${memoryMb}.`;
    throw new EfEnvError('option', `${message} The interpreter alone takes 30.`);
  }
  return workerSandbox(
    {
      language: 'python',
      workerName: 'pythonWorker',
      heapMb: HEAP_MB,
      stackMb: STACK_MB,
      imageRequest: { kind: 'image', memoryMb, indexURL },
    },
    { ...limits, memoryMb },
  );
}
