import { openPyodide } from '#platform';
import { pythonBytes } from './pythonBytes.ts';
import { capMemory } from './pythonMemory.ts';
import { PYTHON_PREPARATION } from './pythonPreparation.ts';
import { pythonRandom } from './pythonRandom.ts';
import { pythonTimeCalls } from './pythonTimeCalls.ts';
import { scratchBytes } from './pythonValues.ts';

const PAGE_KIB = 64;
/**
 * Of the C stack that CPython may use before it raises RecursionError. The engine's own stack runs out first
 * otherwise: comparing nested lists takes 16 bytes of it per byte of C stack, 32 MiB for these two.
 */
const C_STACK = 2 ** 21;

/** Objects that the preparation names; addresses in the image's memory. */
export type PythonObjects = Record<
  | 'main'
  | 'solution'
  | 'compile'
  | 'loads'
  | 'runAsync'
  | 'atExit'
  | 'stdout'
  | 'stderr'
  | 'begin'
  | 'findEntry'
  | 'listed'
  | 'faultOfTest'
  | 'widen',
  number
>;

/** A CPython that has started, taken out of Pyodide: all that is needed to go on elsewhere. Can be posted to workers. */
export interface PythonImage {
  /** With the memory limit built in. */
  module: WebAssembly.Module;
  /** Its memory from 0, up to where the C library's heap ends. */
  memory: Uint8Array<ArrayBuffer>;
  /** The C stack, which grows down: from `end` to the stack pointer it holds nothing. */
  stack: { end: number; pointer: number };
  /** Values of the globals that the module imports. */
  globals: Record<string, number>;
  /** CPython's trampoline, where the engine has one, with its place in the table of functions. */
  trampoline: { module: WebAssembly.Module; index: number } | null;
  library: { path: string; bytes: Uint8Array };
  objects: PythonObjects;
  /** Where it holds {@link scratchBytes}. */
  scratch: number;
}

/**
 * Boots Pyodide and takes an image of the interpreter.
 *
 * @throws {EfEnvError} `missing-peer` if `pyodide` is not installed.
 */
export async function pythonImage(options: {
  /** MiB, the interpreter's own 30 among them. */
  memoryMb: number;
  /** See `Platform.openPyodide`. */
  indexURL?: string | undefined;
}): Promise<PythonImage> {
  const { loadPyodide, indexURL } = await openPyodide(options.indexURL);
  const { caught, restore } = catchInstance((options.memoryMb * 1024) / PAGE_KIB);
  try {
    const pyodide = await loadPyodide({
      indexURL,
      env: { HOME: '/', TZ: 'UTC', PYTHONHASHSEED: '0' },
      stdin: () => null,
    });
    const prepared = JSON.parse(
      pyodide.runPython(PYTHON_PREPARATION, { globals: pyodide.toPy({}) }),
    );
    const library = {
      path: prepared.library as string,
      bytes: pyodide.FS.readFile(prepared.library) as Uint8Array,
    };
    return { ...takeImage(caught(), prepared.objects), library };
  } finally {
    restore();
  }
}

/** Pyodide's instance of CPython. */
interface Caught {
  module: WebAssembly.Module;
  exports: PythonExports;
  globals: Globals;
  trampoline: WebAssembly.Module | null;
}

/** Pyodide keeps its instance to itself: the functions that make one are overheard until `restore`. */
function catchInstance(maximumPages: number): { caught(): Caught; restore(): void } {
  const { instantiate, instantiateStreaming, Instance } = WebAssembly;
  let trampoline: WebAssembly.Module | null = null;
  let caught: Omit<Caught, 'trampoline'> | undefined;

  const start = async (source: Uint8Array, imports: WebAssembly.Imports) => {
    const module = await WebAssembly.compile(capMemory(source, maximumPages));
    const memory = pythonBytes();
    // what depends on the host's time zone and chance would stay in the image
    Object.assign(imports.env ?? {}, pythonTimeCalls(memory).env);
    Object.assign(imports.wasi_snapshot_preview1 ?? {}, { random_get: pythonRandom(memory).get });
    const instance = await instantiate(module, imports);
    const exports = instance.exports as unknown as PythonExports; // those of this build of CPython
    memory.attach(exports.memory);
    caught = { module, exports, globals: imports['GOT.func'] as Globals };
    return { module, instance };
  };
  const overheard: Partial<typeof WebAssembly> = {
    instantiate: (async (source: Uint8Array, imports?: WebAssembly.Imports) =>
      imports && 'GOT.func' in imports
        ? start(source, imports)
        : instantiate(source, imports)) as typeof instantiate, // Pyodide's helper comes as a module
    instantiateStreaming: async (source, imports) => {
      const response = await source;
      return start(new Uint8Array(await response.arrayBuffer()), imports ?? {});
    },
    Instance: new Proxy(Instance, {
      construct: (target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) => {
        const instance = new target(module, imports);
        if ('trampoline_call' in instance.exports) trampoline = module;
        return instance;
      },
    }),
  };
  Object.assign(WebAssembly, overheard);
  return {
    restore: () => Object.assign(WebAssembly, { instantiate, instantiateStreaming, Instance }),
    caught: () => {
      if (!caught) throw new Error('pythonSandbox: Pyodide made no instance.');
      return { ...caught, trampoline };
    },
  };
}

function takeImage(caught: Caught, objects: PythonObjects): Omit<PythonImage, 'library'> {
  const { module, exports, globals, trampoline } = caught;
  for (const address of Object.values(objects)) exports.Py_IncRef(address); // a program may drop its own
  const pointer = exports.__stack_pointer.value;
  const thread = exports.PyThreadState_Get();
  exports.PyUnstable_ThreadState_SetStackProtection(thread, pointer - C_STACK, C_STACK);
  const scratch = exports.malloc(scratchBytes().length);
  new Uint8Array(exports.memory.buffer).set(scratchBytes(), scratch);

  const words = new Int32Array(exports.memory.buffer);
  const slot = words[exports._PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET.value / 4] ?? 0;
  const index = words[(exports._PyRuntime.value + slot) / 4] ?? 0;
  const names = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'global');
  return {
    module,
    memory: new Uint8Array(exports.memory.buffer).slice(0, exports.sbrk(0)),
    stack: { end: exports.emscripten_stack_get_end(), pointer },
    globals: Object.fromEntries(names.map(({ name }) => [name, globals[name]?.value ?? 0])),
    trampoline: trampoline && index !== 0 ? { module: trampoline, index } : null,
    objects,
    scratch,
  };
}

type Globals = Record<string, WebAssembly.Global>;

interface PythonExports {
  memory: WebAssembly.Memory;
  __stack_pointer: WebAssembly.Global;
  _PyRuntime: WebAssembly.Global;
  _PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET: WebAssembly.Global;
  malloc(bytes: number): number;
  sbrk(bytes: number): number;
  emscripten_stack_get_end(): number;
  PyThreadState_Get(): number;
  PyUnstable_ThreadState_SetStackProtection(thread: number, from: number, bytes: number): number;
  Py_IncRef(object: number): void;
}
