import { expect, test } from 'vitest';
import { computeEngineEqual } from './computeEngineEqual.ts';

test.each([
  ['\\frac{x^2}{2}', '\\int x\\,dx', true],
  ['3x^2', '\\frac{d}{dx} x^3', true],
  ['\\frac{n^2+n}{2}', '\\sum_{k=1}^{n} k', true],
  ['x=5', '5=x', true],
  ['x+1', 'x+2', false],
  ['x=5', '5', false],
  ['1', '\\foo', false],
  ['\\frac{1', '1', false],
  ['', '', false],
  ['north', 'thorn', false],
])('%j against %j: %s', async (gold, answer, equal) => {
  expect(await computeEngineEqual(gold, answer)).toBe(equal);
});

test.each([
  '9^{9^{9^9}}',
  '(10^{5000})^{5000}',
  '1.5\\times10^{999999999}',
  '\\sum_{k=1}^{1000000000} k',
  '(x+y+z)^{200}',
  `${'('.repeat(499)}1${')'.repeat(499)}0`,
])('ends soon on %s', async (answer) => {
  const begin = performance.now();
  expect(await computeEngineEqual('1', answer, { timeout: 300 })).toBe(false);
  expect(performance.now() - begin).toBeLessThan(5000);
});
