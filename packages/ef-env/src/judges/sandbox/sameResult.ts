import { withinTolerance } from './withinTolerance.ts';

/** Float results that differ by rounding are equal: 1e-9 as in the golden cases, and 1e-12 where terms cancel. */
const ROUNDING = { relative: 1e-9, absolute: 1e-12 };
type Tolerance = typeof ROUNDING;

/**
 * Whether two JSON values agree (`parseExact`: whole numbers beyond 2^53 are BigInts). Whole numbers must be equal,
 * whatever their size; where one of two numbers is a fraction or a float beyond 2^53 they may differ by `tolerance`. An `expected` double beyond 2^53 has lost its digits: it stands for the integers that round to
 * it. `true` is not 1, a missing key is not `null`, and the order of keys does not count.
 *
 * @param tolerance - default 1e-9 relative or 1e-12 absolute.
 */
export function sameResult(
  expected: unknown,
  got: unknown,
  tolerance: Tolerance = ROUNDING,
): boolean {
  if (isNumber(expected) && isNumber(got)) return sameNumber(expected, got, tolerance);
  if (Array.isArray(expected) || Array.isArray(got)) {
    if (!Array.isArray(expected) || !Array.isArray(got) || expected.length !== got.length) {
      return false;
    }
    return expected.every((item, i) => sameResult(item, got[i], tolerance));
  }
  if (isRecord(expected) && isRecord(got)) {
    const keys = Object.keys(expected);
    return (
      keys.length === Object.keys(got).length &&
      keys.every((key) => Object.hasOwn(got, key) && sameResult(expected[key], got[key], tolerance))
    );
  }
  return expected === got;
}

function sameNumber(
  expected: number | bigint,
  got: number | bigint,
  tolerance: Tolerance,
): boolean {
  if (typeof expected === 'bigint') {
    return expected === got || (Number.isInteger(got) && expected === BigInt(got));
  }
  if (typeof got === 'bigint') return expected === Number(got);
  if (expected === got) return true;
  if (Number.isSafeInteger(expected) && Number.isSafeInteger(got)) return false;
  return withinTolerance(expected, got, tolerance);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
