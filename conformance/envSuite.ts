import { emptySuite, type SuiteResult } from './suiteResult.ts';

/** Counts cases: `body` calls `check` once per case. */
export function countedSuite(
  suite: string,
  floor: number,
  body: (check: (id: string, ok: boolean, detail?: string) => void) => void,
): SuiteResult {
  const result = emptySuite(suite, floor);
  body((id, ok, detail = '') => {
    if (ok) result.passed += 1;
    else {
      result.failed += 1;
      result.failures.push(`${id}: ${detail}`);
    }
  });
  return result;
}
