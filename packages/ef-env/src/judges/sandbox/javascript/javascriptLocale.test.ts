import { createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createRandom } from '../../../base/random.ts';
import { programTexts } from './programTexts.ts';

const realm = createContext({});
runInContext(`'use strict'; (${programTexts.locale})()`, realm);
const inRealm = <Value>(code: string): Value => runInContext(code, realm);
const random = createRandom(3);

const LETTERS = [
  ...'aAbBcCeEéÉèêëzZñÑnNüÜuUöoOßsSåÅäøæœçłđ',
  ...' _-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$0123456789',
  ...'–—“”‘’…€£°±×÷αΑωбБя中文',
];

test.each([
  ['as it is', undefined],
  ['numbers', { numeric: true }],
  ['without capitals and accents', { sensitivity: 'base' }],
  ['without capitals', { sensitivity: 'accent' }],
  ['capitals first', { caseFirst: 'upper' }],
] as const)('localeCompare orders as ICU does: %s', (_, options) => {
  const compare = inRealm<(a: string, b: string, o: unknown) => number>(
    '(a, b, o) => a.localeCompare(b, undefined, o)',
  );
  const word = (): string =>
    Array.from({ length: random.integer(5) }, () => LETTERS[random.integer(LETTERS.length)]).join(
      '',
    );
  for (let i = 0; i < 4000; i++) {
    const a = word();
    const b = [word(), a.toUpperCase(), a.normalize('NFD').slice(0, -1), word()][i % 4]!;
    expect(compare(a, b, options), JSON.stringify([a, b])).toBe(a.localeCompare(b, 'en', options));
  }
});

test.each<Intl.NumberFormatOptions & BigIntToLocaleStringOptions>([
  {},
  { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  { maximumFractionDigits: 0 },
  { minimumFractionDigits: 4 },
  { maximumFractionDigits: 1 },
  { maximumFractionDigits: 20 },
  { style: 'percent' },
  { style: 'percent', maximumFractionDigits: 1 },
  { style: 'currency', currency: 'USD' },
  { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 },
  { style: 'currency', currency: 'JPY' },
  { maximumSignificantDigits: 3 },
  { minimumSignificantDigits: 4 },
  { minimumIntegerDigits: 3 },
  { useGrouping: false },
])('toLocaleString of numbers: %j', (options) => {
  const there = inRealm<(n: number | bigint, o: unknown) => string>(
    '(n, o) => n.toLocaleString("en-US", o)',
  );
  const values: (number | bigint)[] = [
    0,
    -0,
    0.5,
    1.5,
    2.5,
    1.005,
    -1234.5,
    999.9995,
    1e21,
    1.7e300,
    1.23e-7,
    5e-324,
    Number.NaN,
    Infinity,
    -Infinity,
    123456789012345678901234567890n,
    -5n,
  ];
  for (let i = 0; i < 600; i++) {
    values.push((random.next() - 0.5) * 10 ** (random.integer(24) - 6), random.integer(1e6) / 1000);
  }
  for (const value of values) {
    expect(there(value, options), String(value)).toBe(value.toLocaleString('en-US', options));
  }
});

test.each<[string, Intl.DateTimeFormatOptions?]>([
  ['toLocaleString'],
  ['toLocaleDateString'],
  ['toLocaleTimeString'],
  ['toLocaleDateString', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }],
  ['toLocaleDateString', { month: 'short', day: '2-digit' }],
  ['toLocaleDateString', { month: 'long', year: 'numeric' }],
  ['toLocaleDateString', { weekday: 'short' }],
  ['toLocaleDateString', { year: 'numeric', month: '2-digit', day: '2-digit' }],
  ['toLocaleDateString', { month: 'long' }],
  ['toLocaleTimeString', { hour: '2-digit', minute: '2-digit' }],
  ['toLocaleTimeString', { hour12: false }],
  ['toLocaleString', { hour: 'numeric', minute: '2-digit', hour12: true }],
])('%s of dates, %j', (method, options) => {
  const there = inRealm<(ms: number, method: string, o: unknown) => string>(
    '(ms, method, o) => new Date(ms)[method]("en-US", o)',
  );
  for (let i = 0; i < 200; i++) {
    const date = new Date(random.integer(2 ** 31) * 1000);
    const here = date[method as 'toLocaleString']('en-US', { ...options, timeZone: 'UTC' });
    // ICU puts a narrow blank before AM; V8 as plain text does not in Node 20
    expect(there(date.getTime(), method, options)).toBe(here.replace('\u202f', ' '));
  }
});

test('Intl has collators and formats, with and without new', () => {
  expect(inRealm('["b", "A"].sort(new Intl.Collator().compare).join()')).toBe('A,b');
  expect(inRealm('Intl.NumberFormat("en-US").format(1234.5)')).toBe('1,234.5');
  expect(() => inRealm('(1).toLocaleString("en", { minimumFractionDigits: -1 })')).toThrow(
    'out of range',
  );
});
