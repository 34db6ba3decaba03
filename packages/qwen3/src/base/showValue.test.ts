import { expect, test } from 'vitest';
import { Qwen3Error } from './errors.ts';
import { showValue } from './showValue.ts';

test.each([
  [null, 'null'],
  [undefined, 'undefined'],
  [5.5, '5.5'],
  ['a "b"', '"a \\"b\\""'],
  [{ a: [1, { b: [2] }] }, '{"a":[1,{…}]}'],
  [[], '[]'],
  [7n, '7n'],
  [new Map([['t', 1]]), 'a Map'],
  [Promise.resolve(1), 'a Promise'],
  [new URL('file:///x'), 'a URL'],
  [new Float32Array([1, 2.5]), '[1,2.5]'],
  [Object.create(null), '{}'],
  [Symbol('s'), 'Symbol(s)'],
])('showValue(%o) is %s', (value, text) => expect(showValue(value)).toBe(text));

test('long and deep values are shown in a few words', () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  for (const value of [deep, 'x'.repeat(1e6), new Array(1e5).fill(1), new Uint8Array(1e5)]) {
    expect(showValue(value).length).toBeLessThan(100);
  }
});

test('a message of a million letters keeps its beginning and its end', () => {
  const { message } = new Qwen3Error('io', `first ${'x'.repeat(1e6)} last`);
  expect(message.length).toBeLessThan(1100);
  expect(message).toMatch(/^first x.* … .*x last$/);
});
