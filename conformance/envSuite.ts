import type { SuiteResult } from './qwen3Suite.ts';

/** Counts cases: `body` calls `check` once per case. */
export function countedSuite(
  suite: string,
  floor: number,
  body: (check: (id: string, ok: boolean, detail?: string) => void) => void,
): SuiteResult {
  const result: SuiteResult = { suite, passed: 0, failed: 0, absent: false, floor, failures: [] };
  body((id, ok, detail = '') => {
    if (ok) result.passed += 1;
    else {
      result.failed += 1;
      result.failures.push(`${id}: ${detail}`);
    }
  });
  return result;
}
