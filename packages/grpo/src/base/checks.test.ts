import { describe, expect, test } from 'vitest';
import {
  aboveOne,
  array,
  bound,
  type Check,
  callable,
  count,
  finite,
  flag,
  isArray,
  nonNegative,
  oneOf,
  oneOfOrFunction,
  orNull,
  positive,
  positiveOrInfinite,
  range,
  seed,
  share,
  text,
  wholeNumber,
} from './checks.ts';
import { GrpoError } from './errors.ts';
import { shown } from './shown.ts';

const BAD = [Number.NaN, -1, '1', true, [1], {}, 1n, () => 1];

const KINDS: [name: string, check: Check, good: unknown[], bad: unknown[]][] = [
  ['count', count, [1, 8, 2 ** 53 - 1], [...BAD, 0, 0.5, 2 ** 53, Infinity]],
  ['wholeNumber', wholeNumber, [0, 1], [...BAD, 0.5, Infinity]],
  ['seed', seed, [0, 1, 2 ** 32 - 1], [...BAD, 0.5, 1e-9, 2 ** 32, Infinity]],
  ['finite', finite, [-1, 0, 0.5], [Number.NaN, '1', true, Infinity, -Infinity, [1]]],
  ['nonNegative', nonNegative, [0, 0.2, 1e9], [...BAD, Infinity, -1e-9]],
  ['positive', positive, [1e-9, 3], [...BAD, 0, Infinity]],
  ['positiveOrInfinite', positiveOrInfinite, [1e-9, 3, Infinity], [...BAD, 0]],
  ['share', share, [0, 0.5, 1], [...BAD, 1.0001, 20]],
  ['flag', flag, [true, false], [0, 1, 'false', [true]]],
  ['text', text, ['', 'x'], [1, null, ['x'], undefined]],
  ['callable', callable, [() => 1], ['f', {}, null, 1]],
  ['aboveOne', aboveOne, [1.5, Infinity], [...BAD, 1]],
  ['bound', bound, [-Infinity, -0.5, 0, Infinity], [Number.NaN, '1', true]],
  ['array', array, [[], [1], new Float32Array(1)], ['12', 3, { length: 0.5 }, () => 1]],
  ['range', range, [[0, 1], new Float64Array([1, 5])], [[2, 1], [1], [1, 2, 3], 'ab', [0, '1']]],
  ['oneOf', oneOf(['trl', 'verl']), ['trl'], ['TRL', '', 1, 'constructor', ['trl']]],
  ['oneOf a table', oneOf({ trl: 1 }), ['trl'], ['toString', 'hasOwnProperty', 0]],
  ['oneOfOrFunction', oneOfOrFunction({ k1: 1 }), ['k1', () => 1], ['k4', 1, {}]],
];

describe('checks', () => {
  test.each(KINDS)('%s accepts its kind and refuses all else', (_, check, good, bad) => {
    for (const value of good) expect(() => check('f', 'x', value)).not.toThrow();
    for (const value of bad) expect(() => check('f', 'x', value), String(value)).toThrow(GrpoError);
  });

  test('errors name the function, the option, what was expected and what came', () => {
    expect(() => nonNegative('f', 'epsilon', '0.28')).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: f: epsilon must be a finite number >= 0, got '0.28'.]`,
    );
    expect(() => seed('f', 'seed', 2 ** 32)).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: f: seed must be an integer from 0 to 4294967295, got 4294967296.]`,
    );
    expect(() =>
      oneOf(['trl', 'verl'])('f', 'convention', 'TRL'),
    ).toThrowErrorMatchingInlineSnapshot(
      `[GrpoError: f: unknown convention 'TRL'. Did you mean 'trl'? Known: trl, verl.]`,
    );
  });

  test('orNull lets null through and keeps the check', () => {
    expect(() => orNull(seed)('f', 'seed', null)).not.toThrow();
    expect(() => orNull(seed)('f', 'seed', 0.5)).toThrow(GrpoError);
  });
});

test('shown: short, in the spelling of the value, and never a throw', () => {
  const values = ['a', 1n, Symbol('x'), Object.create(null), new Float64Array(9), () => 1, null];
  expect(values.map(shown)).toEqual([
    "'a'",
    '1n',
    'Symbol(x)',
    'an object',
    'an array',
    'a function',
    'null',
  ]);
});

test('isArray: a length is a whole number >= 0', () => {
  for (const yes of [[], new Float32Array(2), { length: 0 }]) expect(isArray(yes)).toBe(true);
  for (const no of ['ab', { length: -1 }, { length: 0.5 }, new Map(), null, () => 1])
    expect(isArray(no)).toBe(false);
});
