import type { QuickJSContext, QuickJSRuntime } from 'quickjs-emscripten';
import { raiseArgumentLimit } from './javascriptArguments.ts';

type QuickJS = typeof import('quickjs-emscripten');

/** An interpreter of its own, in a WebAssembly instance of its own; dropped after one test. */
export interface JavascriptRealm {
  context: QuickJSContext;
  runtime: QuickJSRuntime;
  /** Whether its memory has grown to where it cannot grow any more. */
  isFull(): boolean;
}

const PAGE = 65_536;
/** What the module asks for as a minimum, 16 MiB. */
const MIN_PAGES = 256;
/** Of the maximum: the allocator asks for a twentieth more than there is, at least. */
const FULL = 0.9;
/** For the module's data, its stack and what its allocator cannot use; so a program's error can still be read. */
const OWN_SHARE = 1 / 8;
/** Of its C stack of 5 MiB: about 11,000 simple calls, as in Node. The worker's own stack has to hold as many. */
const STACK_BYTES = 2_000 * 1024;

/**
 * Makes realms whose memory WebAssembly itself caps: each has a new instance of a module compiled once.
 *
 * @param memoryMb - not below 16 MiB, which the module needs to start; less limits the program all the same.
 */
export async function javascriptRealms(
  quickjs: QuickJS,
  memoryMb: number,
): Promise<() => Promise<JavascriptRealm>> {
  const { newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC } = quickjs;
  const wasmModule = await compiledModule(() => newQuickJSWASMModuleFromVariant(RELEASE_SYNC));
  const maximum = Math.max(MIN_PAGES, Math.floor((memoryMb * 2 ** 20) / PAGE));
  const limit = Math.floor(memoryMb * 2 ** 20 * (1 - OWN_SHARE));
  return async () => {
    const wasmMemory = new WebAssembly.Memory({ initial: MIN_PAGES, maximum });
    const variant = newVariant(RELEASE_SYNC, { wasmModule, wasmMemory });
    const runtime = (await newQuickJSWASMModuleFromVariant(variant)).newRuntime();
    runtime.setMemoryLimit(limit);
    runtime.setMaxStackSize(STACK_BYTES);
    return {
      context: runtime.newContext(),
      runtime,
      isFull: () => wasmMemory.buffer.byteLength > FULL * maximum * PAGE,
    };
  };
}

/**
 * The module that `load` compiles. Only the library's own loader knows where a bundler put its `.wasm` file,
 * and it keeps the instance alone: so the functions that make one are overheard, once, in this worker.
 */
async function compiledModule(load: () => Promise<unknown>): Promise<WebAssembly.Module> {
  const { instantiate, instantiateStreaming } = WebAssembly;
  let module: WebAssembly.Module | undefined;
  const start = async (bytes: ArrayBuffer, imports?: WebAssembly.Imports) => {
    module = await WebAssembly.compile(raiseArgumentLimit(new Uint8Array(bytes)));
    return { module, instance: await instantiate(module, imports) };
  };
  // the overload for compiled modules is not used before there is one
  WebAssembly.instantiate = (async (
    source: Uint8Array | ArrayBuffer,
    imports?: WebAssembly.Imports,
  ) => start(new Uint8Array(source).buffer, imports)) as unknown as typeof instantiate;
  WebAssembly.instantiateStreaming = async (source, imports) =>
    start(await (await source).arrayBuffer(), imports);
  try {
    await load();
  } finally {
    WebAssembly.instantiate = instantiate;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
  if (module === undefined) throw new Error('quickjs-emscripten made no WebAssembly module');
  return module;
}
