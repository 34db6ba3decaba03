import { describe, expect, it } from 'vitest';
import { mathEqual } from './mathEqual.ts';
import { plainNumbers } from './plainNumbers.ts';

describe('plainNumbers', () => {
  it.each([
    ['6', '6.0', true],
    ['-0', '0', true],
    ['007', '7', true],
    ['144', '146', false],
    ['6', '-6', false],
    ['15', '+15', true],
    ['-70', '−70', true],
    ['70', '−70', false],
  ])('%s and %s: %s', (reference, answer, equal) => {
    expect(plainNumbers(reference, answer)).toBe(equal);
    expect(mathEqual(reference, answer)).toBe(equal);
  });

  it.each([
    ['3', '3.0000001'], // equal at six decimals
    ['9007199254740993', '9007199254740992'], // beyond the doubles
    ['6', ' 6'],
    ['6', '6%'],
    ['1.', '1'],
  ])('leaves %s and %s to the reader', (reference, answer) => {
    expect(plainNumbers(reference, answer)).toBeUndefined();
  });

  it('agrees with the reader about numbers that are written plainly', () => {
    const numbers = [
      '0',
      '+0',
      '−3',
      '+12.5',
      '-0.0',
      '12',
      '12.50',
      '12.5',
      '-3',
      '0.000001',
      '3.0000001',
      '3',
    ];
    for (const reference of numbers)
      for (const answer of numbers)
        expect([reference, answer, mathEqual(reference, answer)]).toEqual([
          reference,
          answer,
          mathEqual(reference, `{${answer}}`), // braces: read as a formula
        ]);
  });
});
