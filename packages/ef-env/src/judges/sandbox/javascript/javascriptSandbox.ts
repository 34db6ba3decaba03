import { readOptions } from '../../../base/readOptions.ts';
import type { Sandbox, SandboxOptions } from '../sandbox.ts';
import { SANDBOX_OPTIONS, workerSandbox } from '../workerSandbox.ts';

/** The interpreter's loader and texts on their way; programs have WebAssembly memory. */
const HEAP_MB = 64;
/** WebAssembly's frames of 2 MB of C stack, the interpreter's limit, take up to 48 MiB of the engine's. */
const STACK_MB = 64;

/**
 * Runs JavaScript nobody trusts: QuickJS as WebAssembly, a new instance of it for each test, in a worker that
 * is ended when a program exceeds a limit. Needs the optional package `quickjs-emscripten`.
 *
 * The language is ES2023, scripts and modules. Standard input (modes `'stdio'` and `'script'`) is the global `input`,
 * and what `require('fs').readFileSync(0)`, `readline` and `process.stdin` read; `console` prints as Node's does, timers
 * run in the order of their times without waiting. `process` and a few modules of Node are there as far as that needs;
 * no network, no files, no other processes. A promise that is rejected counts as an exception where it is the value of
 * the program's last statement or of a call.
 *
 * @throws {EfEnvError} `option` for an unknown option or a limit that is no integer above 0. `run` rejects with `missing-peer`
 * when the package is not installed, `sandbox` when no worker starts, `task` for a program without tests.
 *
 * @example
 * const sandbox = javascriptSandbox({ timeout: 1000 });
 * const code = 'const solve = (words) => words.map((w) => w.lenght);';
 * const tests = [{ args: [['to', 'be']], expected: [2, 2] }];
 * const { outcome, feedback } = await sandbox.run({ mode: 'function', code, tests });
 * outcome; // 'wrong'
 * feedback.split('\n')[1]; // 'solve(["to","be"]) returned [null,null], expected [2,2].'
 * await sandbox.dispose();
 */
export function javascriptSandbox(options: SandboxOptions = {}): Sandbox {
  return workerSandbox(
    { language: 'javascript', workerName: 'javascriptWorker', heapMb: HEAP_MB, stackMb: STACK_MB },
    readOptions('javascriptSandbox', options, SANDBOX_OPTIONS),
  );
}
