/** What one suite of golden cases came to. */
export interface SuiteResult {
  suite: string;
  passed: number;
  failed: number;
  /** Not built yet, or its files are not in the folder. */
  absent: boolean;
  /** Share of cases that must pass, in [0, 1]. */
  floor: number;
  /** One line per failed case. */
  failures: string[];
}

/** A suite before its first case. */
export function emptySuite(suite: string, floor = 1): SuiteResult {
  return { suite, passed: 0, failed: 0, absent: false, floor, failures: [] };
}

/** A suite that later versions bring, or whose files are not in the folder. */
export function absentSuite(suite: string): SuiteResult {
  return { ...emptySuite(suite), absent: true };
}
