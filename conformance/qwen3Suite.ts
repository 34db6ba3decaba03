import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceName, openDevice } from '@molrl/tensor-gpu';
import { absentSuite, emptySuite, type SuiteResult } from './suiteResult.ts';

/** Counts the cases of one suite. */
export interface Check {
  /** `what` failed unless `ok`. */
  that(what: string, ok: boolean, detail?: string): void;
  /** max |actual - expected| / max |expected| <= tolerance; NaN fails. */
  close(
    what: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    tolerance: number,
  ): void;
  /** |actual - expected| <= tolerance. */
  within(what: string, actual: number, expected: number, tolerance: number): void;
}

/** A suite: its name, the file or folder it reads, and how to run it; without a runner it comes later. */
export type SuiteEntry = [
  suite: string,
  path: string,
  run?: (root: string) => Promise<SuiteResult>,
];

/** Runs suites on a device; what is not built or not in the folder is absent. */
export async function runSuites(
  suites: readonly SuiteEntry[],
  fixturesDir: string,
  deviceName: DeviceName = 'cpu',
): Promise<SuiteResult[]> {
  const device = await openDevice(deviceName);
  const results: SuiteResult[] = [];
  for (const [suite, path, run] of suites) {
    const isThere = run && existsSync(join(fixturesDir, path));
    results.push(isThere ? await run(fixturesDir) : absentSuite(suite));
  }
  device.dispose();
  return results;
}

/** Runs a suite. An exception is a failed case, never the end of the run. */
export async function runSuite(
  suite: string,
  body: (check: Check) => Promise<void> | void,
): Promise<SuiteResult> {
  const result = emptySuite(suite);
  const check: Check = {
    that(what, ok, detail = '') {
      if (ok) result.passed++;
      else {
        result.failed++;
        result.failures.push(`${what}${detail && `: ${detail}`}`);
      }
    },
    close(what, actual, expected, tolerance) {
      const error = relativeError(actual, expected);
      check.that(what, error <= tolerance, `error ${error.toExponential(2)}, allowed ${tolerance}`);
    },
    within(what, actual, expected, tolerance) {
      const error = Math.abs(actual - expected);
      check.that(
        what,
        error <= tolerance,
        `${actual} instead of ${expected}, allowed ${tolerance}`,
      );
    },
  };
  try {
    await body(check);
  } catch (error) {
    check.that('ran to the end', false, error instanceof Error ? error.message : String(error));
  }
  return result;
}

/** Largest difference over the largest expected magnitude. NaN if sizes differ or anything is NaN. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference; // also when it is NaN
    if (Number.isNaN(worst)) return worst;
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? worst : worst / largest;
}
