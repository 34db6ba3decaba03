import type { PythonApi } from './pythonApi.ts';
import type { PythonImage } from './pythonImage.ts';
import type { PythonSystem } from './pythonSystem.ts';

/** What of the instance is not CPython's. */
interface MachineExports {
  memory: WebAssembly.Memory;
  __indirect_function_table: WebAssembly.Table;
  __stack_pointer: WebAssembly.Global;
  emscripten_stack_init(): void;
}

/** An interpreter that can be put back to where its image was taken. */
export interface PythonMachine {
  api: PythonApi;
  /** Restores every byte of its memory: nothing that a program did remains. */
  reset(): void;
  memoryBytes(): number;
}

/** Continues an image in an instance of its own, which can reach `system` and nothing else. */
export function pythonMachine(image: PythonImage, system: PythonSystem): PythonMachine {
  const instance = new WebAssembly.Instance(image.module, {
    ...system.imports,
    'GOT.func': Object.fromEntries(
      Object.entries(image.globals).map(([name, value]) => [
        name,
        new WebAssembly.Global({ value: 'i32', mutable: true }, value),
      ]),
    ),
  });
  const own = instance.exports as unknown as MachineExports; // their names in this build
  const { memory, __indirect_function_table: table, __stack_pointer: stackPointer } = own;
  if (image.trampoline) {
    const { module, index } = image.trampoline;
    const imports = { memory, __indirect_function_table: table };
    const { exports } = new WebAssembly.Instance(module, { env: imports });
    if (table.length <= index) table.grow(index + 1 - table.length);
    table.set(index, exports.trampoline_call);
  }
  const missing = image.memory.length - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
  own.emscripten_stack_init();
  system.attach(instance);
  const { stack } = image;
  return {
    api: instance.exports as unknown as PythonApi,
    memoryBytes: () => memory.buffer.byteLength,
    reset: () => {
      const bytes = new Uint8Array(memory.buffer);
      bytes.set(image.memory.subarray(0, stack.end));
      bytes.fill(0, stack.end, stack.pointer);
      bytes.set(image.memory.subarray(stack.pointer), stack.pointer);
      bytes.fill(0, image.memory.length);
      stackPointer.value = stack.pointer;
      system.reset();
    },
  };
}
