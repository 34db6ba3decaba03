/** Whether two numbers differ by at most `relative` times the expected one, or by at most `absolute`. */
export function withinTolerance(
  expected: number,
  got: number,
  { relative, absolute }: { relative: number; absolute: number },
): boolean {
  return Math.abs(expected - got) <= Math.max(absolute, relative * Math.abs(expected));
}
