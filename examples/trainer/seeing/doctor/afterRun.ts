import type { TrainerSettings } from '../../config/schema.ts';
import type { MetricsRow } from '../../harness/metricsRow.ts';
import { CHECKS_DURING, type Finding, findings } from './checks.ts';
import { momentsOf } from './duringRun.ts';

/** What was found in a stage, from its first to its last update; the sentence is the last one's. */
export interface FindingOfRun extends Finding {
  stage: string;
  first: number;
  last: number;
}

/** The doctor's walk through a run's metrics, as if it had been there at every update. */
export function afterRun(settings: TrainerSettings, rows: readonly MetricsRow[]): FindingOfRun[] {
  const found = new Map<string, FindingOfRun>();
  for (const { facts, row } of momentsOf(settings, rows)) {
    const { stage, step: last } = row;
    for (const { check, sentence } of findings(CHECKS_DURING, facts)) {
      const first = found.get(`${stage} ${check}`)?.first ?? last;
      found.set(`${stage} ${check}`, { check, sentence, stage, first, last });
    }
  }
  return [...found.values()];
}

/** One line: where, then what. */
export const findingLine = ({ stage, first, last, sentence }: FindingOfRun): string =>
  `${stage}, update ${first === last ? first : `${first} to ${last}`}: ${sentence}`;
