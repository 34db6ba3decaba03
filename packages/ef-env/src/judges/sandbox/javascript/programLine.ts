/** A frame of the program in a stack of QuickJS; names have blanks (`get size`), a syntax error has none. */
const FRAME = /^ *at (?:(.+) \()?program\.js:(\d+):\d+\)?$/;

/**
 * The line of a program that a stack blames: its innermost one, but for the constructor of the error itself
 * (`class Oops extends Error { constructor ... }`), since the line that made the error is meant.
 *
 * @param constructors - names of the error's own class and of those it extends.
 * @returns 1-based; `null` when the stack names no line of the program.
 */
export function programLine(
  stack: string,
  { code, constructors }: { code: string; constructors: readonly string[] },
): number | null {
  for (const entry of stack.split('\n')) {
    const frame = FRAME.exec(entry);
    if (frame === null || (frame[1] !== undefined && constructors.includes(frame[1]))) continue;
    const line = Number(frame[2]);
    return line >= 1 && line <= code.split('\n').length ? line : null;
  }
  return null;
}
