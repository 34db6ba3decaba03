import type { TrainerSettings } from '../../config/schema.ts';
import type { MetricsRow } from '../../harness/metricsRow.ts';
import { CHECKS_DURING, findings } from './checks.ts';
import { duringRun } from './duringRun.ts';

/** What the doctor says after the last of these rows. */
export function adviceOf(settings: TrainerSettings, rows: readonly MetricsRow[]): string[] {
  const facts = duringRun(settings, rows);
  return facts ? findings(CHECKS_DURING, facts).map(({ sentence }) => sentence) : [];
}
