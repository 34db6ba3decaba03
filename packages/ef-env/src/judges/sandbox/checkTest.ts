import { EfEnvError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearestName.ts';

/** Names of what a test holds; the second pair is LiveCodeBench's. */
const KEYS = {
  stdio: { own: ['stdin', 'stdout'], testtype: 'stdin' },
  function: { own: ['args', 'expected'], testtype: 'functional' },
} as const;
const LIVECODEBENCH = ['input', 'output'];
type Mode = keyof typeof KEYS;

export function testFault(mode: string, at: number, what: string): EfEnvError {
  return new EfEnvError('task', `run: test ${at} of mode '${mode}' ${what}`);
}

/** A value as errors quote it. */
export function sampleOf(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const keys = Object.keys(value);
  return Array.isArray(value)
    ? `a list of ${value.length}`
    : `an object with ${keys.length > 0 ? keys.join(', ') : 'no keys'}`;
}

/** @throws {EfEnvError} `task` unless the test has the keys of its mode, and no others. */
export function checkKeys(mode: Mode, test: unknown, at: number): Record<string, unknown> {
  const { own, testtype } = KEYS[mode];
  const names = own.join(', ');
  if (typeof test !== 'object' || test === null || Array.isArray(test)) {
    throw testFault(mode, at, `must be { ${names} }, got ${sampleOf(test)}.`);
  }
  const given = test as Record<string, unknown>;
  const keys = Object.keys(given).filter((key) => key !== 'testtype');
  const type = given.testtype ?? testtype;
  if (type !== testtype) {
    const mend = type === KEYS.stdio.testtype ? 'stdio' : 'function';
    throw testFault(
      mode,
      at,
      `has the testtype ${sampleOf(type)}: put it into a task of mode '${mend}'.`,
    );
  }
  const isWhole = [own, LIVECODEBENCH].some(
    (known: readonly string[]) =>
      keys.length === known.length && known.every((key) => keys.includes(key)),
  );
  if (isWhole) return given;
  const found = keys.length > 0 ? keys.join(', ') : 'nothing';
  throw testFault(mode, at, `must be { ${names} }, got { ${found} }.${remedy(mode, keys)}`);
}

function remedy(mode: Mode, keys: readonly string[]): string {
  const own: readonly string[] = KEYS[mode].own;
  const missing = own.filter((name) => !keys.includes(name));
  const other = keys.filter((key) => !own.includes(key));
  if (missing.length === 0) return ` Take out ${other.join(', ')}.`;
  const renames = other.flatMap((key) => {
    const meant = MEANT[mode][key] ?? nearestName(key, missing);
    return meant !== undefined && missing.includes(meant) ? [`${key} to ${meant}`] : [];
  });
  return renames.length > 0 ? ` Rename ${renames.join(', ')}.` : ` Add ${missing.join(', ')}.`;
}

/** Names that other data sets and the other mode have. */
const MEANT: Record<Mode, Record<string, string>> = {
  stdio: {
    input: 'stdin',
    inputs: 'stdin',
    args: 'stdin',
    output: 'stdout',
    outputs: 'stdout',
    expected: 'stdout',
    expected_output: 'stdout',
  },
  function: {
    input: 'args',
    inputs: 'args',
    arguments: 'args',
    stdin: 'args',
    output: 'expected',
    outputs: 'expected',
    expected_output: 'expected',
    result: 'expected',
    answer: 'expected',
    stdout: 'expected',
  },
};
