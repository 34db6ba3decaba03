import type { PythonImage } from './pythonImage.ts';
import type { PythonSystem } from './pythonSystem.ts';

/** The functions of CPython's C API that the sandbox calls. Arguments and results are addresses; 0 is NULL. */
export interface PythonApi {
  malloc(bytes: number): number;
  PyCoro_Type: WebAssembly.Global;
  PyDict_GetItemWithError(dict: number, key: number): number;
  PyDict_Next(dict: number, positionAt: number, keyAt: number, valueAt: number): number;
  PyErr_Clear(): void;
  PyErr_GetRaisedException(): number;
  PyErr_Occurred(): number;
  PyErr_GivenExceptionMatches(error: number, type: number): number;
  PyEval_EvalCode(code: number, globals: number, locals: number): number;
  PyExc_MemoryError: WebAssembly.Global;
  PyExc_SyntaxError: WebAssembly.Global;
  PyExc_SystemExit: WebAssembly.Global;
  PyException_GetTraceback(error: number): number;
  PyFloat_AsDouble(float: number): number;
  PyFloat_Type: WebAssembly.Global;
  PyList_AsTuple(list: number): number;
  PyList_GetItem(list: number, index: number): number;
  PyList_Size(list: number): number;
  PyLong_AsLong(int: number): number;
  PyLong_AsLongLong(int: number): bigint;
  PyLong_FromLong(value: number): number;
  PyNumber_ToBase(int: number, base: number): number;
  PyObject_Call(callable: number, args: number, keywords: number): number;
  PyObject_CallNoArgs(callable: number): number;
  PyObject_GetAttrString(object: number, nameAt: number): number;
  PyObject_Repr(object: number): number;
  PyObject_Str(object: number): number;
  PyObject_Type(object: number): number;
  PySys_GetObject(nameAt: number): number;
  PyTuple_GetItem(tuple: number, index: number): number;
  PyTuple_New(length: number): number;
  PyTuple_SetItem(tuple: number, index: number, item: number): number;
  PyTuple_Size(tuple: number): number;
  PyType_GetFlags(type: number): number;
  PyType_GetName(type: number): number;
  PyType_IsSubtype(type: number, base: number): number;
  PyUnicode_AsUCS4Copy(text: number): number;
  PyUnicode_FromStringAndSize(utf8At: number, bytes: number): number;
  PyUnicode_GetLength(text: number): number;
  PyUnicode_Substring(text: number, from: number, to: number): number;
  _Py_FalseStruct: WebAssembly.Global;
  _Py_NoneStruct: WebAssembly.Global;
  _Py_TrueStruct: WebAssembly.Global;
}

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
