import { expect, test } from 'vitest';
import { programTexts } from './programTexts.ts';

/** The function inside the interpreter, here in Node. */
const inspect: (value: unknown) => string = new Function(
  `'use strict'; return (${programTexts.inspect})()`,
)();

class Point {
  x = 1;
}
const cyclic: { name: string; self?: unknown } = { name: 'c' };
cyclic.self = cyclic;

// Right sides: node 20.20.2, util.inspect
test.each<[string, unknown]>([
  [`[ 1, 'two', null, undefined, true, -0, 10n ]`, [1, 'two', null, undefined, true, -0, 10n]],
  [`[]`, []],
  [`{}`, {}],
  [
    `{ a: 1, 'b-c': [ 2, { d: {} } ], [Symbol(s)]: 3 }`,
    { a: 1, 'b-c': [2, { d: {} }], [Symbol('s')]: 3 },
  ],
  [`[ 1, <1 empty item>, 3 ]`, Object.assign([1], { 2: 3 })],
  [`[ <5 empty items> ]`, new Array(5)],
  [`[ "it's", 'a\\nb', '\\x00\\x7F' ]`, ["it's", 'a\nb', '\x00\x7f']],
  [`Map(1) { 'k' => { v: 1 } }`, new Map([['k', { v: 1 }]])],
  [`Set(2) { 1, [ 2 ] }`, new Set([1, [2]])],
  [`Map(0) {}`, new Map()],
  [`Point { x: 1 }`, new Point()],
  [`[class A extends Point]`, class A extends Point {}],
  [`[class Point]`, Point],
  [`[Function (anonymous)]`, () => 1],
  [`[AsyncFunction: f]`, async function f() {}],
  [`[Object: null prototype] {}`, Object.create(null)],
  [`1970-01-01T00:00:00.000Z`, new Date(0)],
  [`/x+/gi`, /x+/gi],
  [`[Number: 3]`, new Number(3)],
  [`Symbol(s)`, Symbol('s')],
  [
    `{ a: [Getter], b: [Setter] }`,
    {
      get a() {
        return 1;
      },
      set b(_: number) {},
    },
  ],
  [`<ref *1> { name: 'c', self: [Circular *1] }`, cyclic],
  [`{ a: { b: { c: [Object] } } }`, { a: { b: { c: { d: 1 } } } }],
  [`[ [ [ [Array] ] ] ]`, [[[[1]]]]],
  [`Uint8Array(3) [ 0, 0, 0 ]`, new Uint8Array(3)],
  [`[ 1, k: 2 ]`, Object.assign([1], { k: 2 })],
  [`[Object: null prototype] { k: 'a' }`, /(?<k>a)/.exec('ba')?.groups],
  [`Object [JSON] {}`, JSON],
  [`WeakMap { <items unknown> }`, new WeakMap()],
  [`Object [Generator] {}`, (function* () {})()],
  [`[\n  1, 2, 3, 4,\n  5, 6, 7\n]`, Array.from({ length: 7 }, (_, i) => i + 1)],
  [
    `[\n     0,    1,    4,    9,   16,   25,   36,   49,   64,   81,\n   100,  121,  144,  169,  196,  225,  256,  289,  324,  361,\n   400,  441,  484,  529,  576,  625,  676,  729,  784,  841,\n   900,  961, 1024, 1089, 1156, 1225, 1296, 1369, 1444, 1521,\n  1600, 1681, 1764, 1849, 1936, 2025, 2116, 2209, 2304, 2401,\n  2500, 2601, 2704, 2809, 2916, 3025, 3136, 3249, 3364, 3481,\n  3600, 3721, 3844, 3969, 4096, 4225, 4356, 4489, 4624, 4761,\n  4900, 5041, 5184, 5329, 5476, 5625, 5776, 5929, 6084, 6241,\n  6400, 6561, 6724, 6889, 7056, 7225, 7396, 7569, 7744, 7921,\n  8100, 8281, 8464, 8649, 8836, 9025, 9216, 9409, 9604, 9801,\n  ... 20 more items\n]`,
    Array.from({ length: 120 }, (_, i) => i * i),
  ],
  [
    `[\n  'apple', 'fig',\n  'kiwi',  'plum',\n  'pear',  'lime',\n  'date',  'quince'\n]`,
    ['apple', 'fig', 'kiwi', 'plum', 'pear', 'lime', 'date', 'quince'],
  ],
  [
    `[\n  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',\n  'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'\n]`,
    ['x'.repeat(40), 'y'.repeat(40)],
  ],
  [
    `{\n  name: 'something long enough',\n  other: 'another value that is long',\n  third: 3\n}`,
    { name: 'something long enough', other: 'another value that is long', third: 3 },
  ],
  [
    `{\n  text: 'a line that is long enough to be split\\n' +\n    'at its end, since it does not fit one line'\n}`,
    { text: 'a line that is long enough to be split\nat its end, since it does not fit one line' },
  ],
])('%s', (shown, value) => {
  expect(inspect(value)).toBe(shown);
});

test('an error is its name, message and stack', () => {
  expect(inspect(new RangeError('far'))).toMatch(/^RangeError: far\n/);
});
