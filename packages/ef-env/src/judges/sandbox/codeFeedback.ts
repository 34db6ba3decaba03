import type { CheckedProgram } from './checkProgram.ts';
import { excerpt } from './excerpt.ts';
import type { RunLimits } from './runReport.ts';
import { outputLines } from './sameOutput.ts';
import type { CodeException, CodeResult, Reveal } from './sandbox.ts';

export interface CodeFeedbackOptions {
  limits: RunLimits;
  reveal: Reveal;
  /** The result as its language writes it, where that is not its JSON. */
  shown?: string | undefined;
  /** The exception is one that the test's own code raised. */
  isTests: boolean;
}

/** Characters of one quoted text. */
const TEXT = 600;
/** Characters of one quoted line or value. */
const VALUE = 200;

/** A result in words: what happened, in which line of the program, on which input, and what was expected. */
export function codeFeedback(
  program: CheckedProgram,
  result: Omit<CodeResult, 'feedback'>,
  options: CodeFeedbackOptions,
): string {
  if (result.outcome === 'pass') return success(program, result);
  const parts = [
    `${subject(result)} ${predicate(result, options)}`,
    sourceLine(program, result),
    ...testParts(program, result, options),
    printed(program, result, options.reveal),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function success(program: CheckedProgram, { total, stdout }: Omit<CodeResult, 'feedback'>): string {
  if (program.mode !== 'script')
    return total === 1 ? 'The test passed.' : `All ${total} tests passed.`;
  const output = stdout.trim() === '' ? '' : `\nIt printed:\n${excerpt(stdout, TEXT)}`;
  return `The program ran to its end.${output}`;
}

function subject({ passed, total, failure }: Omit<CodeResult, 'feedback'>): string {
  if (failure === null || total === 1) return 'The program';
  return `Test ${failure.test + 1} of ${total} (${passed} passed): the program`;
}

function predicate(
  { outcome, exception }: Omit<CodeResult, 'feedback'>,
  { limits, reveal, isTests }: CodeFeedbackOptions,
): string {
  switch (outcome) {
    case 'wrong':
      return 'gave a wrong answer.';
    case 'exception': {
      if (isTests && reveal !== 'expected' && !isHarmless(exception)) {
        return 'does not do what the test asks for.'; // its words may say what that is
      }
      const words = [exception?.name ?? '', exception?.message ?? ''].filter((word) => word !== '');
      return `ended with an exception: ${excerpt(words.join(': '), TEXT)}`;
    }
    case 'timeout':
      return `was still running after ${limits.timeout} ms, the time for all tests, and was stopped.`;
    case 'memory':
      return `needed more than the ${limits.memoryMb} MiB of memory it may have.`;
    case 'output-limit':
      return `put out more than it may (${limits.outputBytes} bytes of print) and was stopped.`;
    default:
      return 'broke the interpreter it ran in.';
  }
}

/** Interpreters say with it that a test could not make a call: names and numbers of arguments. */
function isHarmless(exception: CodeException | null): boolean {
  const { name, message } = exception ?? { name: null, message: '' };
  return ['NameError', 'ReferenceError', 'TypeError'].includes(name ?? '') && UNMADE.test(message);
}

const UNMADE =
  /^(?:name '\w+' is not defined|'?[\w$]+'? is not (?:defined|a function|a constructor)|not a function|[\w.]+\(\) (?:takes .* positional arguments? but \d+ (?:was|were) given|missing \d+ required .*))$/;

function sourceLine({ code }: CheckedProgram, { exception }: Omit<CodeResult, 'feedback'>): string {
  const line = exception?.line ?? null;
  const source = line === null ? undefined : code.split('\n')[line - 1];
  return source === undefined ? '' : `Line ${line}: ${excerpt(source.trim(), VALUE)}`;
}

function testParts(
  program: CheckedProgram,
  { outcome, failure }: Omit<CodeResult, 'feedback'>,
  { reveal, shown }: CodeFeedbackOptions,
): string[] {
  if (failure === null || reveal === 'nothing') return [];
  const { input, expected, got } = failure;
  const withExpected = reveal === 'expected' && expected !== null;
  if (program.mode === 'assert' && reveal === 'input') return []; // its code says what is expected
  if (program.mode === 'assert') return [`The test:\n${excerpt(input, TEXT)}`];
  if (program.mode === 'function') {
    const call = `${program.entry}(${excerpt(input.slice(1, -1), TEXT)})`;
    const value = excerpt(shown ?? got ?? 'no value', VALUE);
    const said = outcome === 'wrong' ? `${call} returned ${value}` : `The call was ${call}`;
    return [withExpected ? `${said}, expected ${excerpt(expected, VALUE)}.` : `${said}.`];
  }
  const parts = [input.trim() === '' ? '' : `Input:\n${excerpt(input, TEXT)}`];
  if (outcome === 'wrong') parts.push(printedText('Printed', got ?? ''));
  if (withExpected) parts.push(printedText('Expected', expected));
  const sameLine = program.tests[failure.test]?.sameLine;
  if (outcome === 'wrong' && sameLine) {
    parts.push(firstWrongLine(expected ?? '', got ?? '', { sameLine, withExpected }));
  }
  return parts;
}

/** Where an output of several lines goes wrong: its middle may not have been quoted. */
function firstWrongLine(
  expected: string,
  got: string,
  options: { sameLine(expected: string, got: string): boolean; withExpected: boolean },
): string {
  const { sameLine, withExpected } = options;
  const [wanted, had] = [outputLines(expected), outputLines(got)];
  if ((wanted.length === 1 && had.length === 1) || got.trim() === '') return '';
  const at = wanted.findIndex((line, i) => had[i] === undefined || !sameLine(line, had[i]));
  if (at < 0) return `The output is right up to line ${wanted.length}, where it should end.`;
  const line = had[at];
  const what = line === undefined ? 'is missing' : `is "${excerpt(line, VALUE)}"`;
  const should = withExpected ? `, expected "${excerpt(wanted[at] ?? '', VALUE)}"` : '';
  return `The first wrong line of the output is line ${at + 1}: it ${what}${should}.`;
}

function printedText(label: string, text: string): string {
  return text.trim() === '' ? `${label}: nothing.` : `${label}:\n${excerpt(text, TEXT)}`;
}

/** Often how far the program came; a wrong answer was quoted already. */
function printed(
  { mode }: CheckedProgram,
  { outcome, stdout }: Omit<CodeResult, 'feedback'>,
  reveal: Reveal,
): string {
  const quoted = mode === 'stdio' && outcome === 'wrong';
  if (mode === 'assert' && reveal !== 'expected') return ''; // the test's code may print what it expects
  if (quoted || stdout.trim() === '' || (reveal === 'nothing' && mode !== 'script')) return '';
  return `It printed:\n${excerpt(stdout, TEXT)}`;
}
