/** The part of WebAssembly that this package uses; TypeScript declares it only together with the whole DOM. */
export interface Wasm {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
  Module: new (bytes: Uint8Array) => WasmModule;
  Instance: new (
    module: WasmModule,
    imports: { env: { memory: WasmMemory } },
  ) => { exports: Record<string, unknown> };
  validate(bytes: Uint8Array): boolean;
}

/** A shared memory. It grows in place; `buffer` is a new object after growing. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** Compiled code; can be sent to a worker. */
export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}

/** The engine's WebAssembly object. */
export const wasm: Wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly; // a global of every engine
