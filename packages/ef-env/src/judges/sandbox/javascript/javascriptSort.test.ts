import { createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createRandom } from '../../../base/random.ts';
import { programTexts } from './programTexts.ts';

/** The sort of the interpreter, here in a realm of Node; what stands in it is text. */
const realm = createContext({});
runInContext(`'use strict'; (${programTexts.sort})()`, realm);
const sortThere: (
  values: number[],
  compare: (a: number, b: number) => unknown,
  kind: string,
) => number[] = runInContext(
  `(values, compare, kind) => [...globalThis[kind].from(values).sort((a, b) => compare(a, b))]`,
  realm,
);

const COMPARATORS: ((a: number, b: number, step: number) => unknown)[] = [
  (a, b) => a - b,
  (a, b) => b - a,
  (a, b) => a > b,
  (a, b) => a < b,
  (a, b) => (a > b ? 1 : 0),
  (a, b) => (a < b ? -1 : 0),
  (a, b) => (a < b ? 1 : -1),
  () => -1,
  () => 1,
  () => Number.NaN,
  (a, b) => (a % 7) - (b % 7),
  (a, b, step) => ((a * 31 + b * 17 + step) % 3) - 1,
  (a, b) => String(a - b),
];

test.each(['Array', 'Int16Array'] as const)(
  'an %s asks the comparator what V8 asks it, and comes out as from V8, consistent or not',
  (kind) => {
    const random = createRandom(5);
    for (let round = 0; round < 1500; round++) {
      const length = random.integer(round % 50 === 0 ? 3000 : 150);
      const values = Array.from({ length }, () => random.integer([3, 20, 10_000][round % 3]!));
      const rule = COMPARATORS[round % COMPARATORS.length]!;
      // runs of any length make it gallop
      if (round % 4 === 1) values.sort((a, b) => a - b);
      if (round % 4 === 2)
        values.splice(0, length >> 1, ...values.slice(0, length >> 1).sort((a, b) => a - b));
      if (round % 8 === 3) values.sort((a, b) => b - a);
      const asked: [string, string] = ['', ''];
      const spy = (at: 0 | 1) => {
        let step = 0;
        return (a: number, b: number): number => {
          asked[at] += `${a},${b};`;
          return rule(a, b, step++) as number; // as programs write it
        };
      };
      const there = sortThere(values, spy(0), kind);
      const here =
        kind === 'Array' ? [...values].sort(spy(1)) : [...Int16Array.from(values).sort(spy(1))];
      expect(there, `${rule} of ${values}`).toEqual(here);
      expect(asked[0]).toBe(asked[1]);
    }
  },
  30_000,
);

test('holes, undefined and objects like arrays', () => {
  const inRealm = (code: string): unknown =>
    JSON.parse(runInContext(`JSON.stringify(${code})`, realm));
  expect(inRealm('[3, undefined, , 1, 2].sort((a, b) => b - a)')).toEqual([3, 2, 1, null, null]);
  expect(inRealm('2 in [3, , 1].sort((a, b) => a - b)')).toBe(false);
  expect(inRealm('[3, , 1].toSorted((a, b) => a - b).length')).toBe(3);
  const like = '{ length: 3, 0: 2, 2: 1 }';
  expect(inRealm(`Array.prototype.sort.call(${like}, (a, b) => a - b)`)).toEqual({
    0: 1,
    1: 2,
    length: 3,
  });
  expect(() => inRealm('[2, 1].sort(1)')).toThrow('must be either a function or undefined');
});
