import { EfEnvError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearestName.ts';
import { checkKeys, sampleOf, testFault } from './checkTest.ts';
import { exactJson, markedJson, parseExact } from './exactJson.ts';
import { sameOutput } from './sameOutput.ts';
import { sameResult } from './sameResult.ts';
import type { CodeComparison, CodeProgram, CodeTests, Sandbox } from './sandbox.ts';
import { wireFault } from './wireFault.ts';

/** What a test of a program came to. */
export interface TestRun {
  stdout: string;
  /** JSON; `null` when there is none. */
  result: string | null;
}

/** A test that can be run and judged. */
export interface CheckedTest {
  /** What the worker gets: stdin, the arguments as JSON, or the test's code. */
  input: string;
  /** The same as words quote it. */
  shown: string;
  /** Stdout, or the result as JSON; `null` where the program only has to end. */
  expected: string | null;
  /** What comes out is what the program prints, not what it returns. */
  isOutput: boolean;
  /** Whether two lines of an output agree; `null` where only the whole can be compared. */
  sameLine: ((expected: string, got: string) => boolean) | null;
  /** Whether a run that threw nothing is right. */
  holds(run: TestRun): boolean;
}

/** Holds when the program ends. A script has one, without input. */
const ANY: CheckedTest = {
  input: '',
  shown: '',
  expected: null,
  isOutput: false,
  sameLine: null,
  holds: () => true,
};

/** A program whose tests are sound: what they need is there and what they expect can come out. */
export interface CheckedProgram {
  code: string;
  mode: CodeProgram['mode'];
  /** Name of the function of mode `'function'`. */
  entry: string;
  tests: CheckedTest[];
}

const MODES: readonly string[] = ['stdio', 'function', 'assert', 'script'];
const NAME = '[\\p{ID_Start}$_][\\p{ID_Continue}$]*';
/** `solve`, `Solution.twoSum`, `Solution().twoSum`, `new Solution().twoSum`. */
const ENTRY = new RegExp(`^(?:new )?${NAME}(?:\\(\\))?(?:\\.${NAME})*$`, 'u');

/**
 * Checks a program and its tests before anything runs, so that a broken test is never the program's fault nor passes.
 *
 * @throws {EfEnvError} `task`, naming the test, the key and the remedy.
 */
export function checkProgram(program: CodeProgram, language: Sandbox['language']): CheckedProgram {
  const { code, mode } = Object(program) as CodeProgram; // checked here
  if (!MODES.includes(mode)) {
    throw new EfEnvError(
      'task',
      `run: mode must be 'stdio', 'function', 'assert' or 'script', got ${sampleOf(mode)}.`,
    );
  }
  if (typeof code !== 'string') {
    throw new EfEnvError('task', `run: code must be a text, got ${sampleOf(code)}.`);
  }
  const entry = (program.mode === 'function' ? program.entry : undefined) ?? 'solve';
  const tests = program.mode === 'script' ? [ANY] : checkTests(program, language);
  return { code, mode, entry, tests };
}

/** @throws {EfEnvError} `task` */
export function checkTests(given: CodeTests, language: Sandbox['language']): CheckedTest[] {
  const program = withoutNulls(given);
  const { mode, tests } = program;
  checkNames(program);
  if (!Array.isArray(tests) || tests.length === 0) {
    const got = Array.isArray(tests) ? 'none' : sampleOf(tests);
    throw new EfEnvError('task', `run: mode '${mode}' needs at least one test, got ${got}.`);
  }
  if (program.mode === 'assert') return tests.map((test, i) => checkTest(test, i, language));
  checkComparison(program);
  if (program.mode === 'stdio') {
    const checked = tests.map((test, i) => stdioTest(program, test, i));
    checkOutput(program, checked);
    return checked;
  }
  const { entry = 'solve' } = program;
  if (typeof entry !== 'string' || !ENTRY.test(entry)) {
    throw new EfEnvError(
      'task',
      `run: entry must name a function or a method ('solve', 'Solution.twoSum'), got ${sampleOf(entry)}.`,
    );
  }
  return tests.map((test, i) => functionTest(program, test, { at: i, language }));
}

/** What else than tests a task may have, and what other data sets call it. */
const OPTIONS: Readonly<Record<CodeTests['mode'], Readonly<Record<string, readonly string[]>>>> = {
  stdio: { compare: ['comparator', 'checker'], tolerance: ['tol', 'atol', 'rtol', 'eps'] },
  function: {
    entry: ['entry_point', 'entryPoint', 'fn_name', 'func_name', 'function_name', 'functionName'],
    compare: ['comparator', 'checker'],
    tolerance: ['tol', 'atol', 'rtol', 'eps'],
  },
  assert: {},
};

/** `null` is "none". */
function withoutNulls<Program extends CodeTests>(program: Program): Program {
  const kept = Object.entries(program).filter(
    ([name, value]) => value !== null || !(name in OPTIONS[program.mode]),
  );
  return Object.fromEntries(kept) as Program; // an option that is absent is none
}

/** A task may have columns of its own, but none that is an option under another name: it would be ignored in silence. */
function checkNames(program: CodeTests): void {
  const options = OPTIONS[program.mode];
  const missing = Object.keys(options).filter((name) => !(name in program));
  for (const name of Object.keys(program)) {
    if (name in options) continue;
    const meant =
      missing.find((option) => options[option]?.includes(name)) ??
      nearestName(name, missing, 1 / 5);
    if (meant === undefined) continue;
    throw new EfEnvError(
      'task',
      `run: mode '${program.mode}' has no '${name}'. Rename it to ${meant}, or take it out.`,
    );
  }
}

/** @throws {EfEnvError} `task` where a program that does nothing would pass. */
function checkOutput({ compare }: CodeTests & { mode: 'stdio' }, tests: CheckedTest[]): void {
  if (typeof compare === 'function' || tests.some(({ expected }) => expected?.trim() !== ''))
    return;
  throw new EfEnvError(
    'task',
    'run: no test expects any output, so a program that does nothing would pass. Give a test with an output, or a compare of your own.',
  );
}

function checkComparison({ mode, compare, tolerance }: Exclude<CodeTests, { mode: 'assert' }>) {
  const known = mode === 'stdio' ? ['tokens', 'lines'] : [];
  if (compare !== undefined && typeof compare !== 'function' && !known.includes(compare)) {
    const names = known.map((name) => `'${name}', `).join('');
    throw new EfEnvError(
      'task',
      `run: compare must be ${names}a function (expected, got, input) => boolean in mode '${mode}', got ${sampleOf(compare)}.`,
    );
  }
  if (tolerance === undefined) return;
  if (typeof tolerance !== 'number' || !(tolerance >= 0) || tolerance === Infinity) {
    throw new EfEnvError(
      'task',
      `run: tolerance must be a number from 0, got ${sampleOf(tolerance)}.`,
    );
  }
  if (compare !== undefined && compare !== 'tokens') {
    const other = compare === 'lines' ? "compare: 'lines'" : 'a compare of your own';
    throw new EfEnvError('task', `run: ${other} has no tolerance. Leave one of them out.`);
  }
}

/** Behind which nothing is left of a test that is a comment alone. */
const COMMENTS: Readonly<Record<Sandbox['language'], RegExp>> = {
  python: /#.*/g,
  javascript: /\/\/.*|\/\*[\s\S]*?\*\//g,
};

function checkTest(test: unknown, at: number, language: Sandbox['language']): CheckedTest {
  if (typeof test !== 'string' || test.replace(COMMENTS[language], '').trim() === '') {
    throw testFault(
      'assert',
      at,
      `must be code that throws when it does not hold, got ${sampleOf(test)}.`,
    );
  }
  return { ...ANY, input: test, shown: test };
}

function stdioTest(
  { compare = 'tokens', tolerance }: Extract<CodeTests, { mode: 'stdio' }>,
  given: unknown,
  at: number,
): CheckedTest {
  const test = checkKeys('stdio', given, at);
  const [stdin, stdout] = 'stdin' in test ? [test.stdin, test.stdout] : [test.input, test.output];
  for (const [name, text] of Object.entries(
    'stdin' in test ? { stdin, stdout } : { input: stdin, output: stdout },
  )) {
    if (typeof text === 'string') continue;
    throw testFault(
      'stdio',
      at,
      `has a ${name} that is no text: ${sampleOf(text)}. Write it as the program reads and prints it.`,
    );
  }
  const [input, expected] = [stdin as string, stdout as string]; // both were checked
  const own = typeof compare === 'function' ? compare : null;
  const options = typeof compare === 'function' ? {} : { compare, tolerance };
  const sameLine = own ? null : (a: string, b: string): boolean => sameOutput(a, b, options);
  const holds = ({ stdout: got }: TestRun): boolean =>
    own ? verdict(own, { expected, got, input }, at) : sameOutput(expected, got, options);
  return { input, shown: input, expected, isOutput: true, sameLine, holds };
}

function functionTest(
  { compare, tolerance }: Extract<CodeTests, { mode: 'function' }>,
  given: unknown,
  { at, language }: { at: number; language: Sandbox['language'] },
): CheckedTest {
  const test = checkKeys('function', given, at);
  const { args, expected } = 'args' in test ? test : fromLines(test, at);
  if (!Array.isArray(args)) {
    throw testFault(
      'function',
      at,
      `must have a list of arguments as args, got ${sampleOf(args)}. One argument is [it].`,
    );
  }
  for (const [name, value] of Object.entries({ args, expected })) {
    const fault = wireFault(value, name);
    if (fault !== null)
      throw testFault('function', at, `${fault}. It must be JSON (a BigInt is a whole number).`);
  }
  const rounding =
    tolerance === undefined ? undefined : { relative: tolerance, absolute: tolerance };
  const holds = ({ result }: TestRun): boolean => {
    const got = parsed(result);
    if (got === undefined) return false;
    if (compare) return verdict(compare, { expected, got, input: args }, at);
    return sameResult(expected, got, rounding);
  };
  const input = language === 'javascript' ? markedJson(args) : exactJson(args);
  const shown = exactJson(args, language === 'javascript' ? (digits) => `${digits}n` : String);
  return { input, shown, expected: exactJson(expected), isOutput: false, sameLine: null, holds };
}

/** LiveCodeBench's functional tests: each line of `input` is an argument, `output` the result, both as JSON. */
function fromLines(
  test: Record<string, unknown>,
  at: number,
): { args: unknown[]; expected: unknown } {
  const { input, output } = test;
  if (typeof input !== 'string' || typeof output !== 'string') {
    const wrong = typeof input === 'string' ? { output } : { input };
    const [[name, value] = []] = Object.entries(wrong);
    throw testFault(
      'function',
      at,
      `has an ${name} that is no text: ${sampleOf(value)}. Rename input to args (a list) and output to expected.`,
    );
  }
  try {
    const lines = input.split('\n').filter((line) => line.trim() !== '');
    return { args: lines.map(parseExact), expected: parseExact(output) };
  } catch (error) {
    throw testFault(
      'function',
      at,
      `has an input whose lines, or an output, are no JSON (${(error as Error).message}). Give { args, expected }, or use mode 'stdio'.`,
    );
  }
}

function verdict(
  compare: CodeComparison,
  { expected, got, input }: { expected: unknown; got: unknown; input: unknown },
  at: number,
): boolean {
  let said: unknown;
  try {
    said = compare(expected, got, input);
  } catch (error) {
    throw new EfEnvError('task', `run: compare threw at test ${at}: ${error}`, { cause: error });
  }
  if (typeof said === 'boolean') return said;
  throw new EfEnvError(
    'task',
    `run: compare must return true or false, got ${sampleOf(said)} at test ${at}.`,
  );
}

/** `undefined` for what is no JSON. */
function parsed(json: string | null): unknown {
  try {
    return json === null ? undefined : parseExact(json);
  } catch {
    return undefined;
  }
}
