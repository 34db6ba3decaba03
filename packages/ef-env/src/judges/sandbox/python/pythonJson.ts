import type { Address, PythonValues } from './pythonValues.ts';

/** Bits of `tp_flags` that tell the built-in bases apart, subclasses included. */
const LONG = 1 << 24;
const LIST = 1 << 25;
const TUPLE = 1 << 26;
const TEXT = 1 << 28;
const DICT = 1 << 29;

/** Deeper results would overflow this function's own stack; `json.dumps` stops at about the same depth. */
const MAX_DEPTH = 500;
/** Results are compared by the host, which may have many sandboxes: longer ones are no result. */
const MAX_CHARACTERS = 8_000_000;
/** Hexadecimal digits of an integer: what is longer than a float's range is compared in full. */
const MAX_DIGITS = 20_000;

/**
 * What `json.dumps` writes for an object, `null` where it raises or writes no JSON (`NaN`), is circular or
 * beyond the limits above. Reads the built-in part of each object through the C API: no code of the program
 * runs, so no `__eq__`, `items` or `__len__` of its making has a say.
 */
export function pythonJson(values: PythonValues, object: Address): string | null {
  const { api, memory, words } = values;
  const none = api._Py_NoneStruct.value;
  const yes = api._Py_TrueStruct.value;
  const no = api._Py_FalseStruct.value;
  let characters = 0;
  const integer = (value: Address): string | null => {
    const small = api.PyLong_AsLongLong(value);
    if (api.PyErr_Occurred() === 0) return String(small);
    api.PyErr_Clear();
    const hex = values.text(api.PyNumber_ToBase(value, 16), MAX_DIGITS + 1);
    if (hex === null || hex.length > MAX_DIGITS) return null;
    return String(hex.startsWith('-') ? -BigInt(hex.slice(1)) : BigInt(hex));
  };
  const scalar = (value: Address, flags: number, type: Address): string | null => {
    if (value === none) return 'null';
    if (value === yes || value === no) return String(value === yes);
    if (flags & LONG) return integer(value);
    if (api.PyType_IsSubtype(type, api.PyFloat_Type.value))
      return float(api.PyFloat_AsDouble(value));
    if (!(flags & TEXT)) return null;
    const text = values.text(value, MAX_CHARACTERS + 1);
    return text === null ? null : JSON.stringify(text);
  };
  const list = (size: number, item: (index: number) => Address, depth: number): string | null => {
    const items: string[] = [];
    for (let i = 0; i < size; i++) {
      const json = write(item(i), depth);
      if (json === null) return null;
      items.push(json);
    }
    return `[${items.join(',')}]`;
  };
  const dict = (value: Address, depth: number): string | null => {
    const entries: string[] = [];
    memory.setI32(words, 0);
    let position = 0;
    for (;;) {
      memory.setI32(words, position); // the items use the same words
      if (api.PyDict_Next(value, words, words + 4, words + 8) === 0)
        return `{${entries.join(',')}}`;
      position = memory.u32(words);
      const item = memory.u32(words + 8);
      const key = memory.u32(words + 4);
      const type = api.PyObject_Type(key);
      const name = scalar(key, api.PyType_GetFlags(type), type);
      const json = write(item, depth);
      if (name === null || json === null) return null;
      characters += name.length;
      entries.push(`${name.startsWith('"') ? name : `"${name}"`}:${json}`);
    }
  };
  const write = (value: Address, depth: number): string | null => {
    characters += 2;
    if (depth > MAX_DEPTH || characters > MAX_CHARACTERS) return null;
    const type = api.PyObject_Type(value);
    const flags = api.PyType_GetFlags(type);
    if (flags & LIST) {
      return list(api.PyList_Size(value), (i) => api.PyList_GetItem(value, i), depth + 1);
    }
    if (flags & TUPLE) {
      return list(api.PyTuple_Size(value), (i) => api.PyTuple_GetItem(value, i), depth + 1);
    }
    if (flags & DICT) return dict(value, depth + 1);
    const json = scalar(value, flags, type);
    characters += json?.length ?? 0;
    return json;
  };
  return write(object, 0);
}

/** With a `.0` where Python writes one, so that feedback shows what the program computed. */
function float(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
