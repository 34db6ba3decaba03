import type { StageName, TrainerSettings } from '../../config/schema.ts';
import type { MetricsRow } from '../../harness/metricsRow.ts';

/** A row of metrics.jsonl as trackers get it. */
export interface TrackedRow {
  /** Updates of the whole run, so that it only grows. */
  step: number;
  /** `grpo/reward`, `sft/loss`; what is measured in an evaluation has its own prefix, `eval/accuracy`. */
  scalars: Record<string, number>;
}

/** Where a row stands: updates of the whole run, and the name of its stage. */
export function placeOf(
  settings: TrainerSettings,
  { stage: label, step }: Pick<MetricsRow, 'stage' | 'step'>,
): { step: number; name: string } {
  const place = Number.parseInt(label, 10) - 1; // labels are `2-grpo`
  return {
    step: updatesBefore(settings, place) + step,
    name: label.slice(label.indexOf('-') + 1),
  };
}

export function trackedRow(settings: TrainerSettings, row: MetricsRow): TrackedRow {
  const { step, name: prefix } = placeOf(settings, row);
  const { stage: _, step: __, ...metrics } = row;
  const scalars = Object.entries(metrics).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number'
      ? [[name.startsWith('eval/') ? name : `${prefix}/${name}`, value]]
      : [],
  );
  return { step, scalars: Object.fromEntries(scalars) };
}

/** Updates of all stages before one. */
export function updatesBefore({ stages, ...settings }: TrainerSettings, place: number): number {
  const updates = (stage: StageName): number =>
    stage === 'eval' || stage === 'collect' ? 0 : settings[stage].updates;
  return stages.slice(0, place).reduce((sum, stage) => sum + updates(stage), 0);
}
