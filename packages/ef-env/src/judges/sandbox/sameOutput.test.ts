import { describe, expect, test } from 'vitest';
import { decimalNumber } from './decimalNumber.ts';
import { sameOutput } from './sameOutput.ts';

describe('sameOutput', () => {
  test.each([
    ['3', '3.0'],
    ['2.5', '2.50'],
    ['0.0000001', '1e-07'],
    ['1 2 3', '1\t2   3.0'],
    ['10000000000000000000000000', '1e25'],
    ['0', '-0'],
    ['a\nb\n', 'a \r\nb\t\n\n'],
    ['a', '\n\n  a'],
    ['a\nb', 'a\n  b'],
    ['', '\n'],
  ])('%j is %j', (expected, got) => {
    expect(sameOutput(expected, got)).toBe(true);
  });

  test.each([
    ['0.333333', String(1 / 3)],
    ['0.3', String(0.1 + 0.2)],
    ['12345678901234567890', '12345678901234567891'],
    ['a\nb', 'a\n\nb'],
    ['a b', 'a  b'],
    ['a b', 'a\tb'],
    ['yes 3', 'yes 3.0'],
    ['1 2', '1\n2'],
    ['1 2', '12'],
    ['', '0'],
    ['\u00e9', 'e\u0301'],
  ])('%j is not %j', (expected, got) => {
    expect(sameOutput(expected, got)).toBe(false);
  });

  test("with `compare: 'lines'` numbers are text and blanks before a line count", () => {
    const lines = { compare: 'lines' } as const;
    expect(sameOutput('a\nb\n', 'a \r\nb\t\n\n', lines)).toBe(true);
    expect(sameOutput('3', '3.0', lines)).toBe(false);
    expect(sameOutput('a', ' a', lines)).toBe(false);
  });

  test.each([
    ['0.333333', String(1 / 3), true],
    ['0', '1e-9', true],
    ['1e9', '1000000000.5', true],
    ['area 0.333333', 'area  0.3333333', true],
    ['area 0.333333', 'Area 0.333333', false],
    ['1000000000', '1000000001', false],
    ['0.3333', '0.3334', false],
    ['1.5', 'nan', false],
  ])('within a tolerance of 1e-6, %j and %j: %s', (expected, got, same) => {
    expect(sameOutput(expected, got, { tolerance: 1e-6 })).toBe(same);
  });
});

test.each(['', '.', 'e5', '1e', '1.2.3', '0x10', '1,000', '--1', '1 2', 'infinite'])(
  '%j is no decimal number',
  (text) => {
    expect(decimalNumber(text)).toBeNull();
  },
);
