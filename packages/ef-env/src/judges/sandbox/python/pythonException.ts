import type { CodeException } from '../sandbox.ts';
import type { Address, PythonValues } from './pythonValues.ts';

/** The name that programs are compiled under; frames of other files are not the program's. */
export const PROGRAM_FILE = '<program>';

const MESSAGE_CHARACTERS = 2000;

/** An exception object as feedback needs it. May run the program's own `__str__`. */
export function pythonException(values: PythonValues, error: Address): CodeException {
  const { api } = values;
  const isSyntax = isInstance(values, error, 'PyExc_SyntaxError');
  const text = isSyntax ? values.attribute(error, 'msg') : api.PyObject_Str(error);
  if (text === 0) api.PyErr_Clear();
  const line = tracebackLine(values, error) ?? (isSyntax ? syntaxLine(values, error) : null);
  return {
    name: values.typeName(error),
    message: values.text(text, MESSAGE_CHARACTERS) ?? '<exception str() failed>',
    line,
  };
}

/** Whether an exception is of a built-in type. */
export function isInstance(
  { api, memory }: PythonValues,
  error: Address,
  type: 'PyExc_MemoryError' | 'PyExc_SyntaxError' | 'PyExc_SystemExit',
): boolean {
  return api.PyErr_GivenExceptionMatches(error, memory.u32(api[type].value)) !== 0;
}

/** Line of the innermost frame that belongs to the program. */
function tracebackLine(values: PythonValues, error: Address): number | null {
  let line: number | null = null;
  for (const { file, at } of tracebackFrames(values, error)) {
    if (file === PROGRAM_FILE) line = lineNumber(values, values.attribute(at, 'tb_lineno'));
  }
  return line;
}

/** Whether the innermost frame that is the program's or the test's is the test's, or there is none of the program. */
export function blamesTest(values: PythonValues, error: Address, testFile: string): boolean {
  const known = tracebackFrames(values, error).filter(
    ({ file }) => file === PROGRAM_FILE || file === testFile,
  );
  return known.at(-1)?.file !== PROGRAM_FILE;
}

/** From the outermost frame inwards. */
function tracebackFrames(values: PythonValues, error: Address): { file: string; at: Address }[] {
  const { api, attribute } = values;
  const none = api._Py_NoneStruct.value;
  const frames: { file: string; at: Address }[] = [];
  let at = api.PyException_GetTraceback(error);
  for (; at !== 0 && at !== none; at = attribute(at, 'tb_next')) {
    const code = attribute(attribute(at, 'tb_frame'), 'f_code');
    frames.push({ file: values.text(attribute(code, 'co_filename'), 64) ?? '', at });
  }
  return frames;
}

/** Where the program itself could not be compiled. */
function syntaxLine(values: PythonValues, error: Address): number | null {
  const file = values.attribute(error, 'filename');
  if (values.text(file, 64) !== PROGRAM_FILE) return null;
  return lineNumber(values, values.attribute(error, 'lineno'));
}

function lineNumber({ api, typeName }: PythonValues, object: Address): number | null {
  const line = typeName(object) === 'int' ? api.PyLong_AsLong(object) : 0;
  if (line < 0) api.PyErr_Clear(); // no int at all, or a large one
  return line > 0 ? line : null;
}
