import { expect, test } from 'vitest';
import { sameResult } from './sameResult.ts';

test.each([
  ['floats within 1e-9', 0.3, 0.1 + 0.2],
  ['large floats within 1e-9', 1e300, 1.0000000001e300],
  ['the order of keys', { a: 1, b: [2] }, { b: [2], a: 1 }],
  ['nested values', [[null, 'x'], { y: true }], [[null, 'x'], { y: true }]],
  ['-0 and 0', 0, -0],
  ['terms that cancel and 0', 0, 0.1 + 0.2 - 0.3],
  ['sin(pi) and 0', 0, Math.sin(Math.PI)],
  ['a whole number and a float that equals it', 3n, 3],
  ['BigInts', 2880067194370816120n, 2880067194370816120n],
  [
    'a double that lost its digits and the integer behind it',
    420196140727489660,
    420196140727489673n,
  ],
  ['a BigInt and the float that equals it', 2n ** 80n, 2 ** 80],
])('does not distinguish %s', (_, expected, got) => {
  expect(sameResult(expected, got)).toBe(true);
});

test.each([
  ['true and 1', 1, true],
  ['1 and "1"', 1, '1'],
  ['null and nothing', { a: null }, {}],
  ['nothing and null', {}, { a: null }],
  ['null and {}', null, {}],
  ['[] and {}', [], {}],
  ['{} and []', {}, []],
  ['a list and a longer one', [1], [1, 2]],
  ['whole numbers that differ by one in 1e12', 1_000_000_000_000, 1_000_000_000_001],
  ['floats beyond 1e-9', 1, 1.00000001],
  ['small floats and 0', 0, 1e-11],
  ['BigInts that differ by one', 2880067194370816120n, 2880067194370816121n],
  ['a double beyond 2^53 and an integer within 1e-9 of it', 1e18, 10n ** 18n + 500_000_000n],
  ['a BigInt and a float next to it', 10n ** 18n, 1e18 + 128],
  ['an own key and an inherited one', { toString: 1 }, { valueOf: 1 }],
])('distinguishes %s', (_, expected, got) => {
  expect(sameResult(expected, got)).toBe(false);
});

test('a tolerance of its own is for numbers that are not both whole', () => {
  const tolerance = { relative: 1e-6, absolute: 1e-6 };
  expect(sameResult([0.3, 0.333333], [0.1 + 0.2, 1 / 3], tolerance)).toBe(true);
  expect(sameResult(1e6, 1e6 + 0.5, tolerance)).toBe(true);
  expect(sameResult(10_000_000, 10_000_001, tolerance)).toBe(false);
  expect(sameResult(1, 1.00001, tolerance)).toBe(false);
});
