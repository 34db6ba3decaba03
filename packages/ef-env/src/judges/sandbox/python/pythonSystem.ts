import { type PythonBytes, pythonBytes } from './pythonBytes.ts';
import type { PythonCalls } from './pythonCalls.ts';
import { pythonFileCalls } from './pythonFileCalls.ts';
import { ERRNO, type PythonFiles, type PythonStream } from './pythonFiles.ts';
import { pythonInstanceCalls } from './pythonInstanceCalls.ts';
import { pythonRandom } from './pythonRandom.ts';
import { pythonTimeCalls } from './pythonTimeCalls.ts';

/**
 * All that CPython, and so a program, can reach outside its memory. Every call is answered here, with numbers:
 * none leads to a file, a socket, a process or an object of the host.
 */
export interface PythonSystem {
  memory: PythonBytes;
  imports: WebAssembly.Imports;
  attach(instance: WebAssembly.Instance): void;
  reset(): void;
  /** The program asked for more memory than there may be, since the last `reset`. */
  refusedMemory(): boolean;
}

/** @param write - gets what the program prints, as it comes. The bytes are valid during the call only. */
export function pythonSystem(
  module: WebAssembly.Module,
  files: PythonFiles,
  write: (stream: PythonStream, bytes: Uint8Array) => void,
): PythonSystem {
  const memory = pythonBytes();
  const instanceCalls = pythonInstanceCalls();
  const random = pythonRandom(memory);
  const file = pythonFileCalls(memory, files, write);
  const time = pythonTimeCalls(memory);
  const env = { ...file.env, ...time.env, ...instanceCalls.env };
  const wasi = { ...file.wasi, ...time.wasi, random_get: random.get };
  return {
    memory,
    imports: {
      env: withClosedCalls(module, 'env', env),
      wasi_snapshot_preview1: withClosedCalls(module, 'wasi_snapshot_preview1', wasi),
    },
    attach: (instance) => {
      instanceCalls.attach(instance);
      memory.attach(instance.exports.memory as WebAssembly.Memory); // its name in this build
    },
    reset: () => {
      random.reset();
      instanceCalls.reset();
    },
    refusedMemory: instanceCalls.refusedMemory,
  };
}

/** What else the module imports: system calls are not permitted, other calls end the interpreter. */
function withClosedCalls(
  module: WebAssembly.Module,
  from: string,
  calls: PythonCalls,
): WebAssembly.ModuleImports {
  const all: WebAssembly.ModuleImports = { ...calls };
  for (const { module: source, name, kind } of WebAssembly.Module.imports(module)) {
    if (source !== from || kind !== 'function' || Object.hasOwn(calls, name)) continue;
    all[name] = name.startsWith('__syscall_')
      ? () => -ERRNO.notPermitted
      : () => {
          throw new Error(`pythonSandbox: ${name} is closed.`);
        };
  }
  return all;
}
