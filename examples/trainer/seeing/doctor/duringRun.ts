import type { StageName, TrainerSettings } from '../../config/schema.ts';
import type { MetricsRow } from '../../harness/metricsRow.ts';
import type { DuringRun } from './check.ts';

const isEvaluation = (row: MetricsRow): boolean => 'eval/accuracy' in row;

/** What the rows of metrics.jsonl say of the stage that wrote the last one; undefined without a row. */
export function duringRun(
  settings: TrainerSettings,
  rows: readonly MetricsRow[],
): DuringRun | undefined {
  const label = rows.findLast((row) => !isEvaluation(row))?.stage;
  if (label === undefined) return undefined;
  const isUpdate = (row: MetricsRow): boolean => row.stage === label && !isEvaluation(row);
  return {
    settings,
    stage: label.slice(label.indexOf('-') + 1) as StageName, // labels are `2-grpo`
    updates: rows.filter(isUpdate),
    evaluations: rows.slice(rows.findIndex(isUpdate)).filter(isEvaluation), // those before are of other weights
  };
}
