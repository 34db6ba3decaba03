import { expect, test } from 'vitest';
import {
  addFloats,
  type BigFloat,
  bigFloat,
  divideFloats,
  floorFloat,
  multiplyFloats,
  squareRootFloat,
  toNumber,
} from './bigFloat.ts';
import { expFloat, lnFloat, PI_FLOAT, sinCosFloat } from './elementary.ts';

/** The first 50 decimals of a number, rounded down. */
const decimals = (x: BigFloat): string =>
  floorFloat(multiplyFloats(x, bigFloat(10n ** 50n))).toString();

test('50 decimals of known constants', () => {
  // digits from the OEIS: A000796, A002193, A001113, A002162
  expect(decimals(PI_FLOAT)).toBe('314159265358979323846264338327950288419716939937510');
  expect(decimals(squareRootFloat(bigFloat(2n)))).toBe(
    '141421356237309504880168872420969807856967187537694',
  );
  expect(decimals(expFloat(bigFloat(1n)))).toBe(
    '271828182845904523536028747135266249775724709369995',
  );
  expect(decimals(lnFloat(bigFloat(2n)))).toBe(
    '69314718055994530941723212145817656807550013436025',
  );
});

test('functions agree with doubles and with each other', () => {
  for (const n of [-700n, -3n, 1n, 7n, 1000n]) {
    const x = divideFloats(bigFloat(n), bigFloat(37n));
    const [sin, cos] = sinCosFloat(x);
    expect(toNumber(sin)).toBeCloseTo(Math.sin(Number(n) / 37), 12);
    const one = addFloats(multiplyFloats(sin, sin), multiplyFloats(cos, cos));
    expect(Math.abs(toNumber(addFloats(one, bigFloat(-1n))))).toBeLessThan(1e-54);
    expect(toNumber(lnFloat(expFloat(x))) / (Number(n) / 37)).toBeCloseTo(1, 14);
  }
});
