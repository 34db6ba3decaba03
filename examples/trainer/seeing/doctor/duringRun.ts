import type { StageName, TrainerSettings } from '../../config/schema.ts';
import type { MetricsRow } from '../../harness/metricsRow.ts';
import type { DuringRun } from './check.ts';

const isEvaluation = (row: MetricsRow): boolean => 'eval/accuracy' in row;

/** A moment of a run: what its doctor knows, and the row that was written last by the stage at work. */
export interface Moment {
  facts: DuringRun;
  row: MetricsRow;
}

/** The moments after each row of metrics.jsonl, the first update being the first. Their lists grow in place. */
export function* momentsOf(
  settings: TrainerSettings,
  rows: readonly MetricsRow[],
): Generator<Moment> {
  let moment:
    | (Moment & { facts: { updates: MetricsRow[]; evaluations: MetricsRow[] } })
    | undefined;
  for (const row of rows) {
    if (isEvaluation(row)) {
      moment?.facts.evaluations.push(row); // of other weights, where the stage has not begun
    } else if (moment?.row.stage === row.stage) {
      moment.facts.updates.push(row);
      moment.row = row;
    } else {
      const stage = row.stage.slice(row.stage.indexOf('-') + 1) as StageName; // labels are `2-grpo`
      moment = { facts: { settings, stage, updates: [row], evaluations: [] }, row };
    }
    if (moment) yield moment;
  }
}

/** What the rows of metrics.jsonl say of the stage that wrote the last one; undefined without a row. */
export function duringRun(
  settings: TrainerSettings,
  rows: readonly MetricsRow[],
): DuringRun | undefined {
  return Array.from(momentsOf(settings, rows)).at(-1)?.facts;
}
