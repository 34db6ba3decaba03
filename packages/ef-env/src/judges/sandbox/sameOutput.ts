import { decimalNumber } from './decimalNumber.ts';
import { withinTolerance } from './withinTolerance.ts';

export interface SameOutputOptions {
  /**
   * `'tokens'`: lines must be equal but for blanks at their ends, or consist of equal decimal numbers (`3.0` = `3`,
   * any blanks between them), as in LiveCodeBench. `'lines'`: numbers are text too. Default `'tokens'`.
   */
  compare?: 'tokens' | 'lines' | undefined;
  /** Numbers that are not both whole may differ by this, absolute or relative; words are compared one by one. Default 0. */
  tolerance?: number | undefined;
}

/** Whether two outputs agree, but for blanks at the ends of lines and at both ends of the whole. */
export function sameOutput(
  expected: string,
  got: string,
  { compare = 'tokens', tolerance = 0 }: SameOutputOptions = {},
): boolean {
  if (compare === 'lines') return trimLines(expected) === trimLines(got);
  const [wanted, had] = [outputLines(expected), outputLines(got)];
  return (
    wanted.length === had.length && wanted.every((line, i) => sameLine(line, had[i]!, tolerance))
  );
}

/** Lines as they are compared. */
export function outputLines(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

function sameLine(expected: string, got: string, tolerance: number): boolean {
  if (expected === got) return true;
  const [wanted, had] = [expected.split(/\s+/), got.split(/\s+/)];
  if (wanted.length !== had.length) return false;
  return tolerance > 0
    ? wanted.every((word, i) => sameWord(word, had[i]!, tolerance))
    : wanted.every((word, i) => {
        const number = decimalNumber(word);
        return number !== null && number === decimalNumber(had[i]!);
      });
}

function sameWord(expected: string, got: string, tolerance: number): boolean {
  if (expected === got) return true;
  const [wanted, had] = [decimalNumber(expected), decimalNumber(got)];
  if (wanted === null || had === null) return false;
  if (wanted === had) return true;
  const whole = (word: string): boolean => /^[+-]?\d+$/.test(word);
  if (whole(expected) && whole(got)) return false;
  return withinTolerance(Number(wanted), Number(had), { relative: tolerance, absolute: tolerance });
}

function trimLines(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
