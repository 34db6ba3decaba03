import type { PythonCalls } from './pythonCalls.ts';
import { ERRNO } from './pythonFiles.ts';

const PAGE_BYTES = 65_536;
/** `EAI_NONAME` of this C library. */
const NO_NAME = -2;

/** Answers that are always the same: no signals, no other processes, no network, nothing to wait for. */
const CONSTANT: PythonCalls = {
  _Py_CheckEmscriptenSignals_Helper: () => 0,
  _emscripten_system: () => -1,
  _maybe_poll_async: () => null,
  _munmap_js: () => -ERRNO.notPermitted,
  _mmap_js: () => -ERRNO.notPermitted,
  _setitimer_js: () => -1,
  _try_fcntl64: () => 0,
  can_run_sync_js: () => 0,
  getaddrinfo: () => NO_NAME,
  getnameinfo: () => NO_NAME,
  getprotobyname: () => 0,
  emscripten_runtime_keepalive_push: () => {},
  emscripten_runtime_keepalive_pop: () => {},
  _emscripten_runtime_keepalive_clear: () => {},
  __syscall_getuid32_js: () => 0,
  __syscall_umask_js: () => 0,
};

/** Calls that concern the instance itself. */
export function pythonInstanceCalls(): {
  env: PythonCalls;
  attach(instance: WebAssembly.Instance): void;
  reset(): void;
  refusedMemory(): boolean;
} {
  let memory: WebAssembly.Memory;
  let table: WebAssembly.Table;
  let functions: ((...args: number[]) => number)[] = []; // asking the table is slow
  let refused = false;
  const growTo = (bytes: number): boolean => {
    try {
      memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES));
      return true;
    } catch {
      return false; // beyond the maximum
    }
  };
  return {
    attach: ({ exports }) => {
      memory = exports.memory as WebAssembly.Memory; // their names in this build
      table = exports.__indirect_function_table as WebAssembly.Table;
      functions = [];
    },
    reset: () => {
      refused = false;
    },
    refusedMemory: () => refused,
    env: {
      ...CONSTANT,
      emscripten_resize_heap: (bytes: number) => {
        // a tenth more than asked for, since growing is slow
        const grown = growTo(Math.ceil((bytes >>> 0) * 1.1)) || growTo(bytes >>> 0);
        refused ||= !grown;
        return grown ? 1 : 0;
      },
      emscripten_get_heap_max: () => memory.buffer.byteLength,
      // CPython calls functions of fewer parameters than it passes; only JavaScript allows that
      // biome-ignore lint/complexity/useMaxParams: CPython's signature
      _PyEM_TrampolineCall_JS: (at: number, a: number, b: number, c: number) => {
        const called = functions[at] ?? table.get(at);
        if (called === null) throw new Error('pythonSandbox: a call of nothing.');
        functions[at] = called;
        return called(a, b, c);
      },
      __call_sighandler: (at: number, signal: number) => {
        table.get(at)?.(signal);
      },
    },
  };
}
