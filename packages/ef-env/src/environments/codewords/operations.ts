/** The eight operations on a string of digits, by the plain name the base model knows. */
export type Operation = 'rev' | 'left' | 'right' | 'ends' | 'inc' | 'dec' | 'flip' | 'pairs';

const mapDigits = (digits: string, f: (digit: number) => number): string =>
  Array.from(digits, (digit) => f(Number(digit))).join('');

export const OPERATIONS: Readonly<Record<Operation, (digits: string) => string>> = {
  rev: (d) => [...d].reverse().join(''),
  left: (d) => d.slice(1) + d.slice(0, 1),
  right: (d) => d.slice(-1) + d.slice(0, -1),
  ends: (d) => d.slice(-1) + d.slice(1, -1) + d.slice(0, 1),
  inc: (d) => mapDigits(d, (x) => (x + 1) % 10),
  dec: (d) => mapDigits(d, (x) => (x + 9) % 10),
  flip: (d) => mapDigits(d, (x) => 9 - x),
  pairs: (d) => d[1]! + d[0]! + d[3]! + d[2]!, // tasks have four digits
};

/** The names, in a fixed order: task generators draw from it. */
export const OPERATION_NAMES: readonly Operation[] = [
  'rev',
  'left',
  'right',
  'ends',
  'inc',
  'dec',
  'flip',
  'pairs',
];

/**
 * Every intermediate result of a chain.
 *
 * @example
 * applyOperations(['left', 'pairs'], '4876'); // ['8764', '7846']
 */
export function applyOperations(operations: readonly Operation[], digits: string): string[] {
  let current = digits;
  return operations.map((operation) => {
    current = OPERATIONS[operation](current);
    return current;
  });
}
