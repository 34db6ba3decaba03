import type { SchemaElement, SchemaTree } from 'hyparquet';

/** Turns a stored value into the one that JSON would hold. `fail` says what it holds instead. */
export type ReadValue = (value: unknown, fail: (what: string) => never) => unknown;

const isDecimal = ({ converted_type, logical_type }: SchemaElement): boolean =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';

/** Ticks of a second. */
function timeUnit({ converted_type, logical_type }: SchemaElement): 1e3 | 1e6 | 1e9 | null {
  if (logical_type?.type === 'TIME') {
    return { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 }[logical_type.unit] as 1e3 | 1e6 | 1e9; // the values of the line
  }
  if (converted_type === 'TIME_MILLIS') return 1e3;
  return converted_type === 'TIME_MICROS' ? 1e6 : null;
}

/**
 * Readers of what hyparquet turns into inexact numbers: decimals, and times of a day. Takes the mark of their type from
 * the schema, so that they arrive as they are stored.
 *
 * @returns By column; columns without such fields are absent.
 */
export function storedValues(schema: SchemaTree): Map<string, ReadValue> {
  const readers = new Map<string, ReadValue>();
  for (const column of schema.children) {
    const reader = readerOf(column);
    if (reader) readers.set(column.element.name, reader);
  }
  return readers;
}

function readerOf(node: SchemaTree): ReadValue | null {
  const { element, children } = node;
  const single = children.length === 0 ? leafReader(element) : groupReader(node);
  if (single === null || element.repetition_type !== 'REPEATED') return single;
  return eachOf(single);
}

function leafReader(element: SchemaElement): ReadValue | null {
  const unit = timeUnit(element);
  const decimal = isDecimal(element);
  if (!decimal && unit === null) return null;
  const { logical_type } = element;
  const scale = element.scale ?? (logical_type?.type === 'DECIMAL' ? logical_type.scale : 0);
  delete element.converted_type;
  delete element.logical_type;
  return (value, fail) => {
    if (value === null || value === undefined) return null;
    return decimal
      ? exactDecimal(unscaled(value), scale, fail)
      : timeText(BigInt(Number(value)), unit!); // one of the two
  };
}

/** A struct, or a list or map, whose inner levels do not show in the value. */
function groupReader(node: SchemaTree): ReadValue | null {
  const { element, children } = node;
  const [inner] = children;
  if (element.converted_type === 'LIST' && children.length === 1 && inner) {
    const item = inner.children.length === 1 ? inner.children[0]! : inner; // as long
    const reader = item === inner ? readerOfOne(inner) : readerOf(item);
    return reader && eachOf(reader);
  }
  if (element.converted_type === 'MAP' && inner?.children.length === 2) {
    const reader = readerOf(inner.children[1]!);
    return reader && fieldsOf(() => reader);
  }
  const readers = new Map(children.map((child) => [child.element.name, readerOf(child)] as const));
  if (![...readers.values()].some(Boolean)) return null;
  return fieldsOf((name) => readers.get(name) ?? null);
}

/** Without the repetition that is the list's. */
const readerOfOne = (node: SchemaTree): ReadValue | null =>
  node.children.length === 0 ? leafReader(node.element) : groupReader(node);

const eachOf =
  (reader: ReadValue): ReadValue =>
  (value, fail) =>
    Array.isArray(value) ? value.map((item) => reader(item, fail)) : value;

const fieldsOf =
  (readerFor: (name: string) => ReadValue | null): ReadValue =>
  (value, fail) => {
    if (typeof value !== 'object' || value === null) return value;
    const fields = value as Record<string, unknown>; // an object
    for (const name of Object.keys(fields)) {
      const reader = readerFor(name);
      if (reader) fields[name] = reader(fields[name], fail);
    }
    return value;
  };

/** Integers, or big-endian bytes in two's complement. */
function unscaled(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint); // what INT32 and INT64 hold
  let whole = 0n;
  for (const byte of value) whole = (whole << 8n) | BigInt(byte);
  return BigInt.asIntN(Math.max(1, value.length * 8), whole);
}

/** Digits that every double keeps. */
const KEPT_DIGITS = 15;

function exactDecimal(whole: bigint, scale: number, fail: (what: string) => never): number {
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, '');
  const text = `${whole < 0n ? '-' : ''}${digits.slice(0, point)}${fraction && `.${fraction}`}`;
  const significant = text.replace(/^-?0*\.?0*|\./g, '').length;
  const value = Number(text);
  const whole53 = fraction !== '' || Number.isSafeInteger(value);
  if (whole53 && (significant <= KEPT_DIGITS || String(value) === text)) return value;
  return fail(`the decimal ${text}, which no number can hold exactly`);
}

/** The decimals that a fraction has, without three zeros at the end. */
const fractionDigits = (ticks: bigint, places: number): string =>
  ticks
    .toString()
    .padStart(places, '0')
    .replace(/(?:000)+$/, '');

/** `01:02:03`, with as many decimals as are not 0 in steps of three. */
function timeText(ticks: bigint, unit: number): string {
  const seconds = ticks / BigInt(unit);
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  const places = Math.round(Math.log10(unit));
  const fraction = fractionDigits(ticks % BigInt(unit), places);
  return (
    clock.map((part) => part.toString().padStart(2, '0')).join(':') + (fraction && `.${fraction}`)
  );
}

/** Parsers of hyparquet for dates and times: their text, with every digit that is stored. */
export const DATE_PARSERS = {
  dateFromDays: (days: number): string | Date => {
    const text = isoText(days * 86_400_000, '');
    return typeof text === 'string' ? text.replace(/T.*/, '') : text;
  },
  timestampFromMilliseconds: (millis: bigint): string | Date => isoText(Number(millis), ''),
  timestampFromMicroseconds: (micros: bigint): string | Date => timestampText(micros, 1000n),
  timestampFromNanoseconds: (nanos: bigint): string | Date => timestampText(nanos, 1_000_000n),
};

function timestampText(ticks: bigint, perMillisecond: bigint): string | Date {
  const below = ((ticks % perMillisecond) + perMillisecond) % perMillisecond;
  const places = perMillisecond.toString().length - 1;
  return isoText(Number((ticks - below) / perMillisecond), fractionDigits(below, places));
}

/** @param more - digits after the milliseconds. A date beyond JavaScript's reach stays one that does not exist. */
function isoText(millis: number, more: string): string | Date {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? date : date.toISOString().replace('Z', `${more}Z`);
}
