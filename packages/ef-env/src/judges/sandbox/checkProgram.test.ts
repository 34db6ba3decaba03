import { describe, expect, test } from 'vitest';
import { checkProgram } from './checkProgram.ts';
import { exactJson, parseExact } from './exactJson.ts';
import type { CodeProgram } from './sandbox.ts';

/** As it may come from a file: the types do not hold. */
function check(program: unknown, language: 'javascript' | 'python' = 'python') {
  return checkProgram({ code: '', ...(program as object) } as CodeProgram, language);
}
const fault = (program: unknown): string => {
  try {
    check(program);
    return 'none';
  } catch (error) {
    expect(error).toMatchObject({ code: 'task' });
    return (error as Error).message;
  }
};

describe('tests are checked before anything runs', () => {
  test.each<[unknown, string]>([
    [
      { args: [1], output: 2 },
      'must be { args, expected }, got { args, output }. Rename output to expected.',
    ],
    [{ args: [1] }, 'must be { args, expected }, got { args }. Add expected.'],
    [{ expected: 1 }, 'Add args.'],
    [{ arg: [1], expected: 1 }, 'Rename arg to args.'],
    [{ args: [1], expected: 1, tolerence: 1 }, 'Take out tolerence.'],
    [{ args: [1], expected: undefined }, 'has expected = undefined'],
    [{ args: [1], expected: Number.NaN }, 'has expected = NaN'],
    [{ args: [1], expected: [0, { a: Infinity }] }, 'has expected[1].a = Infinity'],
    [{ args: [1], expected: () => 1 }, 'has expected = a function'],
    [{ args: [1], expected: new Set([1]) }, 'has expected = a Set'],
    [{ args: [Number.NaN], expected: 1 }, 'has args[0] = NaN'],
    [{ args: [undefined], expected: 1 }, 'has args[0] = undefined'],
    [{ args: new Array(1), expected: 1 }, 'has args[0] = undefined'],
    [
      { args: 7, expected: 1 },
      'must have a list of arguments as args, got 7. One argument is [it].',
    ],
    [{ input: 'seven', output: '1' }, 'are no JSON'],
    [{ input: [1], output: '1' }, 'Rename input to args (a list) and output to expected.'],
    [{ input: '1', output: '1', testtype: 'stdin' }, "put it into a task of mode 'stdio'"],
    [null, 'must be { args, expected }, got null'],
    ['f(1) == 2', 'got "f(1) == 2"'],
  ])('function %#: %j', (test, message) => {
    expect(fault({ mode: 'function', tests: [test] })).toContain(message);
  });

  test.each<[unknown, string]>([
    [{ stdin: '1\n' }, 'must be { stdin, stdout }, got { stdin }. Add stdout.'],
    [{ stdout: '1\n' }, 'Add stdin.'],
    [{ input: '1\n' }, 'Rename input to stdin'],
    [{ stdin: '1', expected: '2' }, 'Rename expected to stdout.'],
    [{ stdin: '1', stdout: 2 }, 'has a stdout that is no text: 2'],
    [{ stdin: '1', stdout: ['2'] }, 'has a stdout that is no text: a list of 1'],
    [{ input: 1, output: '2' }, 'has a input that is no text: 1'],
    [{ input: '1', output: '2', testtype: 'functional' }, "put it into a task of mode 'function'"],
    [{}, 'got { nothing }'],
  ])('stdio %#: %j', (test, message) => {
    expect(fault({ mode: 'stdio', tests: [test] })).toContain(message);
  });

  test.each<[unknown, string]>([
    [
      { test: 'assert False' },
      'must be code that throws when it does not hold, got an object with test',
    ],
    [' ', 'must be code'],
    ['# later', 'must be code'],
    [null, 'must be code'],
  ])('assert %#: %j', (test, message) => {
    expect(fault({ mode: 'assert', tests: [test] })).toContain(message);
  });

  test.each<[unknown, string]>([
    [{ mode: 'function', tests: null }, 'needs at least one test, got null'],
    [{ mode: 'function', tests: {} }, 'needs at least one test, got an object with no keys'],
    [{ mode: 'stdin', tests: [] }, 'mode must be'],
    [{ mode: 'script', code: 7 }, 'code must be a text, got 7'],
    [
      { mode: 'function', entry_point: 'add', tests: [{ args: [], expected: 1 }] },
      "mode 'function' has no 'entry_point'. Rename it to entry, or take it out.",
    ],
    [
      { mode: 'stdio', tolerence: 1, tests: [{ stdin: '', stdout: '1' }] },
      "mode 'stdio' has no 'tolerence'. Rename it to tolerance",
    ],
    [
      {
        mode: 'stdio',
        tests: [
          { stdin: '1', stdout: '' },
          { stdin: '2', stdout: ' \n' },
        ],
      },
      'no test expects any output',
    ],
    [
      { mode: 'function', entry: 'a b', tests: [{ args: [], expected: 1 }] },
      'entry must name a function',
    ],
    [
      { mode: 'stdio', tolerance: -1, tests: [{ stdin: '', stdout: '' }] },
      'tolerance must be a number from 0, got -1',
    ],
    [{ mode: 'stdio', tolerance: '1', tests: [{ stdin: '', stdout: '' }] }, 'got "1"'],
    [
      { mode: 'stdio', compare: 'words', tests: [{ stdin: '', stdout: '' }] },
      "compare must be 'tokens', 'lines', a function",
    ],
    [
      { mode: 'function', compare: 'lines', tests: [{ args: [], expected: 1 }] },
      'compare must be a function',
    ],
    [
      { mode: 'stdio', compare: 'lines', tolerance: 1, tests: [{ stdin: '', stdout: '' }] },
      'Leave one of them out',
    ],
  ])('%#: %j', (program, message) => {
    expect(fault(program)).toContain(message);
  });

  test.each([
    { mode: 'stdio', compare: null, tolerance: null, tests: [{ stdin: '', stdout: '1' }] },
    { mode: 'function', entry: null, compare: null, tests: [{ args: [], expected: 1 }] },
    { mode: 'function', tests: [{ input: '1', output: '2', testtype: null }] },
    { mode: 'function', companies: ['a'], difficulty: 'easy', tests: [{ args: [], expected: 1 }] },
    {
      mode: 'stdio',
      tests: [
        { stdin: '1', stdout: '' },
        { stdin: '2', stdout: '3' },
      ],
    },
    { mode: 'stdio', compare: () => true, tests: [{ stdin: '1', stdout: '' }] },
  ])('null is "none", and columns of a data set are no options: %j', (program) => {
    expect(fault(program)).toBe('none');
  });

  test('no program at all', () => {
    expect(() => checkProgram(null as unknown as CodeProgram, 'python')).toThrow('mode must be');
  });

  test('a value inside itself', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(fault({ mode: 'function', tests: [{ args: [], expected: circle }] })).toContain(
      'inside itself',
    );
  });
});

describe('LiveCodeBench', () => {
  test('its tests of standard input are stdin and stdout', () => {
    const tests = [{ input: '1 2\n', output: '3\n', testtype: 'stdin' }];
    expect(check({ mode: 'stdio', tests }).tests[0]).toMatchObject({
      input: '1 2\n',
      expected: '3\n',
    });
  });

  test('its functional tests have an argument per line', () => {
    const tests = [
      { input: '[3, 2]\n"a b"\n', output: '12345678901234567890', testtype: 'functional' },
    ];
    const [only] = check({ mode: 'function', tests }).tests;
    expect(only).toMatchObject({ input: '[[3,2],"a b"]', expected: '12345678901234567890' });
    const holds = (result: string): boolean | undefined => only?.holds({ stdout: '', result });
    expect([holds('12345678901234567890'), holds('12345678901234567891')]).toEqual([true, false]);
  });
});

describe('whole numbers keep their digits', () => {
  test('arguments', () => {
    const args = [1e21, 12345678901234567890n, 0.5, -0];
    const tests = [{ args, expected: 0 }];
    const digits = '1000000000000000000000,12345678901234567890';
    expect(check({ mode: 'function', tests }).tests[0]?.input).toBe(`[${digits},0.5,0]`);
    const javascript = check({ mode: 'function', tests }, 'javascript').tests[0];
    expect(javascript?.shown).toBe(`[${digits}n,0.5,0]`);
  });

  test.each([
    '12345678901234567890',
    '{"a":[-9007199254740993,1.5,"12345678901234567890"],"b":"\\u0000n5"}',
    '[9007199254740991,true,null,"\\"9007199254740993"]',
    '{"\\u0000a":9007199254740993,"\\u0000n1":["\\u0000n2"]}',
  ])('JSON there and back: %s', (json) => {
    expect(exactJson(parseExact(json))).toBe(json);
  });

  test('a float is a float, whatever its size', () => {
    expect(parseExact('[10000000000000000000.0, 1e25]')).toEqual([1e19, 1e25]);
  });
});

describe('a comparison of your own', () => {
  const tests = [{ args: [4], expected: [1, 2] }];
  const holds = (compare: unknown, result: string | null): boolean | undefined =>
    check({ mode: 'function', tests, compare }).tests[0]?.holds({ stdout: '', result });

  test('gets values and arguments', () => {
    const seen: unknown[] = [];
    const compare = (...all: unknown[]): boolean => seen.push(...all) > 0;
    expect(holds(compare, '[2,1]')).toBe(true);
    expect(seen).toEqual([[1, 2], [2, 1], [4]]);
    expect(holds(compare, null)).toBe(false);
    const io = check({ mode: 'stdio', compare, tests: [{ stdin: 'a', stdout: 'b' }] });
    io.tests[0]?.holds({ stdout: 'c', result: null });
    expect(seen.slice(3)).toEqual(['b', 'c', 'a']);
  });

  test('that does not decide is an error of the task', () => {
    expect(() => holds(() => 1, '1')).toThrow('compare must return true or false, got 1 at test 0');
    expect(() => holds(() => JSON.parse('?'), '1')).toThrow('compare threw at test 0');
  });
});
