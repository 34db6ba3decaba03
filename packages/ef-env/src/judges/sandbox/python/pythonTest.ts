import type { RunRequest, TestReport } from '../workerMessages.ts';
import { blamesTest, isInstance, PROGRAM_FILE, pythonException } from './pythonException.ts';
import type { PythonObjects } from './pythonImage.ts';
import { pythonJson } from './pythonJson.ts';
import type { Address, PythonValues } from './pythonValues.ts';

const TEST_FILE = '<test>';
const SHOWN_CHARACTERS = 1000;
/** Where a size does not even fit into 32 bits. On 64 bits the same programs run out of memory. */
const INDEX_OVERFLOW = "cannot fit 'int' into an index-sized integer";
/** What a size beyond 32 bits comes to, where one of 64 may have worked. */
const TOO_SMALL =
  /^(?:Python int too large to convert to C (?:ssize_t|long)|cannot fit 'int' into an index-sized integer|.*sys\.maxsize\.)$/;
const NOTHING: TestReport = { result: null, exception: null };

/** What a step of a program came to: an object, or the exception it raised (0: no memory even for that). */
type Step = { value: Address } | { error: Address };

/**
 * One test in an interpreter that was just reset; `'memory'` when it had not enough, `'narrow'` when it met a size
 * beyond 32 bits: then it is worth another try from the start, with `wide`.
 */
export function pythonTest(
  values: PythonValues,
  objects: PythonObjects,
  request: RunRequest & { input: string; wide: boolean },
): TestReport | 'memory' | 'narrow' {
  const { input, wide } = request;
  const isScript = request.mode === 'stdio' || request.mode === 'script';
  const unsound = request.mode === 'assert' ? faultOfTest(values, objects, input) : null;
  if (unsound !== null) return { ...NOTHING, unsound };
  if (wide) values.call(objects.widen);
  const { step, inTest } = runSteps(values, objects, request);
  let report: TestReport | 'memory' = NOTHING;
  if ('error' in step) {
    if (!wide && isNarrow(values, step.error)) return 'narrow';
    report =
      isScript && isCleanExit(values, step.error) ? NOTHING : failure(values, step.error, inTest);
  } else if (request.mode === 'function') report = returned(values, step.value);
  exit(values, objects);
  return report;
}

function faultOfTest(values: PythonValues, objects: PythonObjects, code: string): string | null {
  const fault = values.call(objects.faultOfTest, values.str(code));
  return values.typeName(fault) === 'str' ? values.text(fault, SHOWN_CHARACTERS) : null;
}

/** @returns the last step, and whether it was the code of an assertion. */
function runSteps(
  values: PythonValues,
  objects: PythonObjects,
  { mode, code, entry, input }: RunRequest & { input: string },
): { step: Step; inTest: boolean } {
  if (mode === 'stdio' || mode === 'script') {
    const step = execute(values, objects, { code, file: PROGRAM_FILE, globals: objects.main });
    return { step, inTest: false };
  }
  const globals = objects.solution; // imported, as a test would
  const args = mode === 'function' ? values.call(objects.loads, values.str(input)) : 0;
  values.call(objects.begin, globals, values.str(code));
  const step = execute(values, objects, { code, file: PROGRAM_FILE, globals });
  if ('error' in step && !isCleanExit(values, step.error)) return { step, inTest: false };
  if (mode === 'function') {
    const called = callEntry(values, objects, { entry, globals, args });
    const isRead = 'error' in called;
    const result = isRead ? called : outcome(values, values.call(objects.listed, called.value));
    return { step: result, inTest: false };
  }
  return {
    step: execute(values, objects, { code: input, file: TEST_FILE, globals }),
    inTest: true,
  };
}

function execute(
  values: PythonValues,
  objects: PythonObjects,
  { code, file, globals }: { code: string; file: string; globals: Address },
): Step {
  const { api, str } = values;
  const flags = api.PyLong_FromLong(0);
  const inheritNone = api.PyLong_FromLong(1);
  const names = [str(code), str(file), str('exec')];
  const compiled = outcome(values, values.call(objects.compile, ...names, flags, inheritNone));
  if ('error' in compiled) return compiled;
  return outcome(values, api.PyEval_EvalCode(compiled.value, globals, globals));
}

/** Calls the program's function; a coroutine runs to its end. */
function callEntry(
  values: PythonValues,
  objects: PythonObjects,
  { entry, globals, args }: { entry: string; globals: Address; args: Address },
): Step {
  const { api } = values;
  const found = outcome(values, values.call(objects.findEntry, globals, values.str(entry)));
  if ('error' in found) return found;
  const called = outcome(values, api.PyObject_Call(found.value, api.PyList_AsTuple(args), 0));
  if ('error' in called) return called;
  if (api.PyObject_Type(called.value) !== api.PyCoro_Type.value) return called;
  return outcome(values, values.call(objects.runAsync, called.value));
}

function outcome(values: PythonValues, result: Address): Step {
  return result === 0 ? { error: values.api.PyErr_GetRaisedException() } : { value: result };
}

function returned(values: PythonValues, value: Address): TestReport {
  const result = pythonJson(values, value);
  if (result !== null && result !== 'null') return { result, exception: null };
  const text = values.api.PyObject_Repr(value); // may run the program's own code
  if (text === 0) values.api.PyErr_Clear();
  const shown = values.text(text, SHOWN_CHARACTERS) ?? `<${values.typeName(value)} object>`;
  return { result, shown, exception: null };
}

function failure(values: PythonValues, error: Address, inTest: boolean): TestReport | 'memory' {
  if (error === 0 || isInstance(values, error, 'PyExc_MemoryError')) return 'memory';
  const exception = pythonException(values, error);
  const isIndex = exception.name === 'OverflowError' && exception.message === INDEX_OVERFLOW;
  if (isIndex) return 'memory';
  const isTests = inTest && blamesTest(values, error, TEST_FILE);
  return { result: null, exception, ...(isTests && { isTests }) };
}

function isNarrow(values: PythonValues, error: Address): boolean {
  if (error === 0) return false;
  const name = values.typeName(error);
  if (name !== 'OverflowError' && name !== 'ValueError') return false;
  return TOO_SMALL.test(values.text(values.api.PyObject_Str(error), SHOWN_CHARACTERS) ?? '');
}

/** `sys.exit()` with nothing, 0 or False. */
function isCleanExit(values: PythonValues, error: Address): boolean {
  if (error === 0 || !isInstance(values, error, 'PyExc_SystemExit')) return false;
  const code = pythonJson(values, values.attribute(error, 'code'));
  return code === 'null' || code === '0' || code === 'false';
}

/** What the interpreter does at its end; exceptions are of no consequence then. */
function exit(values: PythonValues, objects: PythonObjects): void {
  const { api, attribute } = values;
  const run = (handler: Address): void => {
    if (handler !== 0 && api.PyObject_CallNoArgs(handler) === 0) api.PyErr_Clear();
  };
  run(objects.atExit);
  for (const name of ['stdout', 'stderr'] as const) {
    run(attribute(api.PySys_GetObject(values.name(name)), 'flush'));
    run(attribute(objects[name], 'flush')); // the program may have put another in its place
  }
}
