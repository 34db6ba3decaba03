import { emptySuite, type SuiteResult } from './suiteResult.ts';

/** A decoded golden file: nested arrays, numbers, null. */
// biome-ignore lint/suspicious/noExplicitAny: golden files have a different shape each; a wrong one fails its case.
export type Golden = any;

/** Runs one golden case per call; an exception is the reason of a failure. */
export type RunCase = (id: string, body: () => void | Promise<void>) => Promise<void>;

/** Counts golden cases: one case is passed when all of its values are. */
export async function goldenSuite(
  suite: string,
  body: (run: RunCase) => Promise<void>,
): Promise<SuiteResult> {
  const result = emptySuite(suite);
  await body(async (id, check) => {
    try {
      await check();
      result.passed++;
    } catch (error) {
      result.failed++;
      result.failures.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return result;
}

/** The golden files write NaN and infinities as strings, large arrays as base64. */
export function decode(value: Golden): Golden {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== 'object') return value;
  if (value.enc) return decodeBlob(value);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decode(entry)]));
}

function decodeBlob(blob: Golden): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(blob.data, 'base64'));
  if (blob.enc === 'f32b64') return Float64Array.from(new Float32Array(bytes.buffer));
  return Float64Array.from(new Int16Array(bytes.buffer), (k) => k * blob.scale);
}

/** Nested rows as one flat array; `null` becomes NaN. */
export function flat(value: Golden): Float64Array {
  if (value instanceof Float64Array) return value;
  if (ArrayBuffer.isView(value)) return Float64Array.from(value as unknown as ArrayLike<number>);
  const numbers = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  return Float64Array.from(numbers, (x) => (x === null ? Number.NaN : Number(x)));
}

/** The files hold ten significant digits: half a unit of the last one. */
const WRITTEN_DIGITS = 5.1e-10;

/**
 * Throws unless every |actual - expected| <= tolerance + what was lost in writing the expected value.
 * With `mask`, only where it is not 0.
 */
export function assertClose(
  what: string,
  actual: Golden,
  expected: Golden,
  tolerance: number,
  mask?: ArrayLike<number>,
): void {
  const [got, want] = [flat(actual), flat(expected)];
  if (got.length !== want.length) {
    throw new Error(`${what} has ${got.length} values, expected ${want.length}`);
  }
  for (let i = 0; i < want.length; i++) {
    if (mask && mask[i] === 0) continue;
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const error = Math.abs(got[i]! - want[i]!);
    if (!(error <= tolerance + WRITTEN_DIGITS * Math.abs(want[i]!))) {
      throw new Error(`${what}[${i}] is ${got[i]}, expected ${want[i]} (tolerance ${tolerance})`);
    }
  }
}

/** Throws unless |actual - expected| <= tolerance * |expected|; what is 0 (a gradient norm may be) has no scale: |actual| <= tolerance. */
export function assertRelative(
  what: string,
  actual: number,
  expected: number,
  tolerance: number,
): void {
  assertClose(what, actual, expected, tolerance * (Math.abs(expected) || 1));
}

/** The oracle's checksum of a large array. */
export function checksum(values: ArrayLike<number>): Record<string, number> {
  let [sum, l1, squares, maxAbs, dotSin] = [0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    sum += x;
    l1 += Math.abs(x);
    squares += x * x;
    maxAbs = Math.max(maxAbs, Math.abs(x));
    dotSin += x * Math.sin(i + 1);
  }
  return { sum, l1, l2: Math.sqrt(squares), maxAbs, dotSin };
}

/** Compares an array with the oracle's checksum of it. */
export function assertChecksum(
  what: string,
  values: ArrayLike<number>,
  expected: Golden,
  tolerance: number,
): void {
  for (const [key, value] of Object.entries(checksum(values))) {
    assertClose(`${what}.${key}`, value, expected[key], tolerance);
  }
}
