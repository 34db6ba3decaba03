import { expect, test } from 'vitest';
import { checkProgram } from './checkProgram.ts';
import { judgeRun } from './judgeRun.ts';
import type { RunReport } from './runReport.ts';
import type { CodeException, CodeProgram, Reveal } from './sandbox.ts';

const limits = { timeout: 3000, memoryMb: 256, outputBytes: 65_536 };

interface Ran {
  stdout?: string;
  result?: string | null;
  shown?: string;
  exception?: CodeException;
  isTests?: boolean;
}
function judge(
  program: CodeProgram,
  ran: Ran[],
  options: { cut?: RunReport['cut']; reveal?: Reveal } = {},
) {
  const { cut = null, reveal = 'expected' } = options;
  const report: RunReport = {
    cut,
    tests: ran.map(({ stdout = '', result = null, shown, exception = null, isTests }) => ({
      stdout,
      stderr: '',
      result,
      shown,
      exception,
      isTests,
    })),
    unfinished: { stdout: 'so far\n', stderr: '' },
    milliseconds: 5,
    reusable: cut === null,
  };
  return judgeRun(checkProgram(program, 'javascript'), report, { limits, reveal });
}

const add: CodeProgram = {
  mode: 'function',
  code: 'const add = (a, b) =>\n  a - b;',
  entry: 'add',
  tests: [
    { args: [0, 0], expected: 0 },
    { args: [2, 3], expected: 5 },
    { args: [1, 0], expected: 1 },
  ],
};
const io: CodeProgram = {
  mode: 'stdio',
  code: 'console.log(1)',
  tests: [{ stdin: '1 2\n', stdout: '3\n' }],
};
const oops: CodeException = { name: 'TypeError', message: 'b is null', line: 2 };

test('the outcome is that of the first test that did not pass; later ones count', () => {
  const result = judge(add, [{ result: '0' }, { result: '-1' }, { result: '1' }]);
  expect(result).toMatchObject({ outcome: 'wrong', passed: 2, total: 3 });
  expect(result.failure).toEqual({ test: 1, input: '[2,3]', expected: '5', got: '-1' });
  expect(result.feedback).toMatchInlineSnapshot(`
    "Test 2 of 3 (2 passed): the program gave a wrong answer.
    add(2,3) returned -1, expected 5."
  `);
});

test('all passed', () => {
  const result = judge(io, [{ stdout: '3 \n' }]);
  expect(result).toMatchObject({
    outcome: 'pass',
    passed: 1,
    failure: null,
    feedback: 'The test passed.',
  });
});

test('an exception is told with its line, and what was printed before', () => {
  const result = judge(add, [
    { exception: oops, stdout: 'debug\n' },
    { result: '5' },
    { result: '1' },
  ]);
  expect(result).toMatchObject({ outcome: 'exception', passed: 2, exception: oops });
  expect(result.feedback).toMatchInlineSnapshot(`
    "Test 1 of 3 (2 passed): the program ended with an exception: TypeError: b is null
    Line 2: a - b;
    The call was add(0,0), expected 0.
    It printed:
    debug"
  `);
});

test('right output does not count when an exception follows it', () => {
  expect(judge(io, [{ stdout: '3', exception: oops }]).outcome).toBe('exception');
});

test('a cut ends the run: the tests it did not come to have not passed', () => {
  const result = judge(add, [{ result: '0' }], { cut: 'timeout' });
  expect(result).toMatchObject({ outcome: 'timeout', passed: 1, total: 3, stdout: 'so far\n' });
  expect(result.feedback).toMatchInlineSnapshot(`
    "Test 2 of 3 (1 passed): the program was still running after 3000 ms, the time for all tests, and was stopped.
    The call was add(2,3), expected 5.
    It printed:
    so far"
  `);
});

test('a wrong answer before a cut is the outcome', () => {
  expect(judge(add, [{ result: '7' }], { cut: 'memory' }).outcome).toBe('wrong');
});

test('a crash after the last test is not a pass', () => {
  const ran = [{ result: '0' }, { result: '5' }, { result: '1' }];
  expect(judge(add, ran, { cut: 'crash' })).toMatchObject({ outcome: 'crash', passed: 2 });
});

test.each(['memory', 'output-limit', 'crash'] as const)('%s in words', (cut) => {
  expect(judge({ mode: 'script', code: '' }, [], { cut }).feedback).toMatchSnapshot();
});

test('what the language says and JSON does not is shown', () => {
  const { feedback, failure } = judge(add, [{ result: 'null', shown: 'undefined' }]);
  expect(feedback).toContain('add(0,0) returned undefined, expected 0.');
  expect(failure?.got).toBe('null');
});

test.each(['expected', 'input', 'nothing'] as const)('reveal: %s', (reveal) => {
  const { feedback } = judge(io, [{ stdout: '4\n' }], { reveal });
  expect(feedback).toMatchSnapshot();
  expect(feedback.includes('3')).toBe(reveal === 'expected');
  expect(feedback.includes('1 2')).toBe(reveal !== 'nothing');
});

test("an assertion's code is revealed with what is expected only", () => {
  const program: CodeProgram = { mode: 'assert', code: '', tests: ['check(42)'] };
  expect(judge(program, [{ exception: oops }]).feedback).toContain('check(42)');
  expect(judge(program, [{ exception: oops }], { reveal: 'input' }).feedback).not.toContain('42');
});

test('long texts lose their middle', () => {
  const { feedback } = judge(io, [{ stdout: `begin${'x'.repeat(9000)}end` }]);
  expect(feedback.length).toBeLessThan(900);
  expect(feedback).toMatch(/beginx+ \.\.\. \(8408 characters left out\) \.\.\. x+end/);
});

test.each<[string, string, string]>([
  ['1\n2\n3', '1\n5\n3', 'The first wrong line of the output is line 2: it is "5", expected "2".'],
  ['1\n2', '1', 'The first wrong line of the output is line 2: it is missing, expected "2".'],
  ['1', '1\n2\n3', 'The output is right up to line 1, where it should end.'],
])('of several lines the first wrong one is named: %j, %j', (stdout, printed, words) => {
  const program: CodeProgram = { ...io, mode: 'stdio', tests: [{ stdin: '', stdout }] };
  expect(
    judge(program, [{ stdout: printed }])
      .feedback.split('\n')
      .at(-1),
  ).toBe(words);
});

test("line and words of an exception in the test's own code are told with what is expected only", () => {
  const program: CodeProgram = { mode: 'assert', code: '', tests: ['check(solve(2), 42)'] };
  const own: Ran = {
    exception: { name: 'AssertionError', message: '4 != 42', line: null },
    isTests: true,
    stdout: 'expected 42',
  };
  expect(judge(program, [own]).feedback).toContain('AssertionError: 4 != 42');
  for (const reveal of ['input', 'nothing'] as const) {
    expect(judge(program, [own], { reveal }).feedback).toBe(
      'The program does not do what the test asks for.',
    );
  }
  const missing = { name: 'NameError', message: "name 'solve' is not defined", line: null };
  const { feedback } = judge(program, [{ exception: missing, isTests: true }], { reveal: 'input' });
  expect(feedback).toContain("name 'solve' is not defined");
});

test('of numbers the first wrong line is the first that is not equal', () => {
  const program: CodeProgram = { ...io, mode: 'stdio', tests: [{ stdin: '', stdout: '1\n2\n3' }] };
  expect(judge(program, [{ stdout: '1.0\n2\n4' }]).feedback).toContain('is line 3: it is "4"');
});
