// One file: the kinds of argument that callers hand over, side by side.
import { GrpoError } from './errors.ts';
import { lookUp } from './lookUp.ts';
import { shown } from './shown.ts';

/** Throws `option` (`unknown-name` for names) when a value is not of its kind. Call it alone, or list it for `readOptions`. */
export interface Check {
  (where: string, name: string, value: unknown): void;
  /** `null` has a meaning of its own here, and is handed on; elsewhere it means "not given". */
  keepsNull?: true;
}

const kind =
  (expected: string, accepts: (value: number) => boolean): Check =>
  (where, name, value) => {
    if (typeof value === 'number' && accepts(value)) return;
    throw mustBe(`${where}: ${name}`, expected, value);
  };

/** The `option` error of a value (`function: name`) that is not what was expected. */
export function mustBe(what: string, expected: string, value: unknown): GrpoError {
  return new GrpoError('option', `${what} must be ${expected}, got ${shown(value)}.`);
}

export const count: Check = /* @__PURE__ */ kind(
  'an integer >= 1',
  (x) => Number.isSafeInteger(x) && x >= 1,
);

/** Steps, sizes that may be 0, degrees of freedom. */
export const wholeNumber: Check = /* @__PURE__ */ kind(
  'an integer >= 0',
  (x) => Number.isSafeInteger(x) && x >= 0,
);

/** The generators take 32 bits: anything else would repeat another seed's order. */
export const seed: Check = /* @__PURE__ */ kind(
  'an integer from 0 to 4294967295',
  (x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32,
);

export const finite: Check = /* @__PURE__ */ kind('a finite number', Number.isFinite);

/** Coefficients, eps, widths of a clip. */
export const nonNegative: Check = /* @__PURE__ */ kind(
  'a finite number >= 0',
  (x) => x >= 0 && x < Infinity,
);

/** Temperatures, horizons, divisors. */
export const positive: Check = /* @__PURE__ */ kind(
  'a finite number > 0',
  (x) => x > 0 && x < Infinity,
);

/** Upper bounds of a factor of the loss, which must leave a factor of 1 alone: Infinity = none. */
export const aboveOne: Check = /* @__PURE__ */ kind('a number > 1', (x) => x > 1);

/** Upper bounds: Infinity = none. */
export const positiveOrInfinite: Check = /* @__PURE__ */ kind('a number > 0', (x) => x > 0);

/** Thresholds of either sign: Infinity and -Infinity = none. */
export const bound: Check = /* @__PURE__ */ kind('a number', (x) => !Number.isNaN(x));

export const share: Check = /* @__PURE__ */ kind('a number from 0 to 1', (x) => x >= 0 && x <= 1);

export const flag: Check = (where, name, value) => {
  if (typeof value !== 'boolean') throw mustBe(`${where}: ${name}`, 'true or false', value);
};

export const text: Check = (where, name, value) => {
  if (typeof value !== 'string') throw mustBe(`${where}: ${name}`, 'a text', value);
};

export const callable: Check = (where, name, value) => {
  if (typeof value !== 'function') throw mustBe(`${where}: ${name}`, 'a function', value);
};

/** Two bounds, the lower one first. */
export const range: Check = (where, name, value) => {
  const [low, high, ...more] = isArray(value) ? Array.from(value) : [];
  const fits = typeof low === 'number' && typeof high === 'number' && low <= high;
  if (!fits || more.length > 0) throw mustBe(`${where}: ${name}`, 'two numbers [low, high]', value);
};

export const array: Check = (where, name, value) => {
  if (!isArray(value)) throw mustBe(`${where}: ${name}`, 'an array', value);
};

/** Arrays of any kind and other objects with a length; strings are none. */
export function isArray(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { length } = value as ArrayLike<unknown>;
  return Number.isSafeInteger(length) && length >= 0;
}

/** One of the keys of a table (or of a list): `unknown-name` with the nearest one otherwise. */
export const oneOf =
  (names: Readonly<Record<string, unknown>> | readonly string[]): Check =>
  (where, name, value) => {
    lookUp(`${where}: unknown ${name}`, names, value);
  };

/** A name of the table, or a function in its place. */
export const oneOfOrFunction = (
  names: Readonly<Record<string, unknown>> | readonly string[],
): Check => {
  const isName = oneOf(names);
  return (where, name, value) => {
    if (typeof value !== 'function') isName(where, name, value);
  };
};

/** As `check`, where `null` is a value: "none", other than the default. */
export const orNull = (check: Check): Check =>
  Object.assign(
    ((where, name, value) => {
      if (value !== null) check(where, name, value);
    }) as Check,
    { keepsNull: true } as const,
  );
