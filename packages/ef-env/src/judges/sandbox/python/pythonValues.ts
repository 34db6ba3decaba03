import type { PythonApi } from './pythonApi.ts';
import type { PythonBytes } from './pythonBytes.ts';

/** An address in the interpreter's memory. */
export type Address = number;

/** Objects of the interpreter, handled through its C API. Nothing is released: the memory is reset as a whole. */
export interface PythonValues {
  api: PythonApi;
  memory: PythonBytes;
  /** A `str`; lone surrogates become U+FFFD. 0 if there is no memory left for it. */
  str(text: string): Address;
  /** Text of a `str` object, at most `limit` characters; `null` if it is none, or if there is no memory left. */
  text(object: Address, limit: number): string | null;
  /** 0 if there is none, or if an attribute of the program's own making raised. */
  attribute(object: Address, name: PythonName): Address;
  /** 0 if it raised, or if an argument is 0. */
  call(callable: Address, ...args: Address[]): Address;
  /** Where one of `PYTHON_NAMES` stands as C text. */
  name(name: PythonName): Address;
  /** Name of the object's type, whatever its class says. */
  typeName(object: Address): string;
  /** Room for three words, for results that C returns by address. */
  words: Address;
}

/** Texts that C functions are given by address. */
const PYTHON_NAMES = [
  'stdout',
  'stderr',
  'flush',
  'code',
  'msg',
  'filename',
  'lineno',
  'tb_frame',
  'tb_lineno',
  'tb_next',
  'f_code',
  'co_filename',
] as const;

export type PythonName = (typeof PYTHON_NAMES)[number];

const NAME_CHARACTERS = 200;

/** Room that the image keeps for these texts and words. */
const SCRATCH_BYTES = 512;

/** What the image holds at `scratch`. */
export function scratchBytes(): Uint8Array {
  const bytes = new Uint8Array(SCRATCH_BYTES);
  new TextEncoder().encodeInto(`${PYTHON_NAMES.join('\0')}\0`, bytes);
  return bytes;
}

/** @param scratch - address of {@link scratchBytes}, which the interpreter does not touch. */
export function pythonValues(api: PythonApi, memory: PythonBytes, scratch: Address): PythonValues {
  const names = new Map<PythonName, Address>();
  let at = scratch;
  for (const name of PYTHON_NAMES) {
    names.set(name, at);
    at += name.length + 1;
  }
  const name = (text: PythonName): Address => names.get(text) ?? 0;
  // no codec: programs can replace those
  const text = (object: Address, limit: number): string | null => {
    const length = object === 0 ? -1 : api.PyUnicode_GetLength(object); // -1 if it is no str
    const part = length > limit ? api.PyUnicode_Substring(object, 0, limit) : object;
    const points = length < 0 || part === 0 ? 0 : api.PyUnicode_AsUCS4Copy(part);
    if (points !== 0) return fromCodePoints(memory.words(points, Math.min(length, limit)));
    api.PyErr_Clear();
    return null;
  };
  return {
    api,
    memory,
    name,
    text,
    words: scratch + SCRATCH_BYTES - 12,
    str: (value) => {
      const bytes = new TextEncoder().encode(value);
      const place = api.malloc(bytes.length + 1);
      if (place === 0) return 0;
      memory.at(place, bytes.length).set(bytes);
      return api.PyUnicode_FromStringAndSize(place, bytes.length);
    },
    attribute: (object, attribute) => {
      if (object === 0) return 0;
      const value = api.PyObject_GetAttrString(object, name(attribute));
      if (value === 0) api.PyErr_Clear();
      return value;
    },
    call: (callable, ...args) => {
      const tuple = api.PyTuple_New(args.length);
      if (tuple === 0 || args.includes(0)) return 0;
      for (const [i, arg] of args.entries()) api.PyTuple_SetItem(tuple, i, arg);
      return api.PyObject_Call(callable, tuple, 0);
    },
    typeName: (object) => {
      const type = object === 0 ? 0 : api.PyObject_Type(object);
      return text(type === 0 ? 0 : api.PyType_GetName(type), NAME_CHARACTERS) ?? 'object';
    },
  };
}

function fromCodePoints(points: Uint32Array): string {
  const parts: string[] = [];
  for (let i = 0; i < points.length; i += 8192) {
    parts.push(String.fromCodePoint(...points.subarray(i, i + 8192)));
  }
  return parts.join('');
}
