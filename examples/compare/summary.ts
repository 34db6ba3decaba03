import { type Figure, tInterval, wilson } from '../trainer/base/intervals.ts';
import type { SkillName } from './domains/domain.ts';
import { PLANS } from './plans.ts';
import type { ArmRecord } from './records.ts';

/** One row of the table: an arm over its seeds. */
export interface ArmSummary {
  id: string;
  domain: string;
  model: string;
  seeds: number;
  learningRate: number;
  /** Of GRPO behind the method's own stage. */
  grpoLearningRate?: number | undefined;
  accuracy: Figure;
  greedy: Figure;
  passAt8: Figure;
  textKl: Figure;
  /** Over the base's of the same text. */
  textNllAboveBase: Figure;
  skills: Record<SkillName, Figure>;
  tokens: number;
  updates: number;
  seconds: number;
  /** Mean over the seeds of the reward at each update. */
  rewards: number[];
}

/**
 * Means over the seeds with 95 % t-intervals, in the order of the plans. One seed alone has the Wilson interval of its
 * tasks for accuracies, and none for the rest.
 *
 * @param tasks - Held-out tasks of each seed.
 */
export function summarise(records: readonly ArmRecord[], tasks: number): ArmSummary[] {
  const keys = new Set(
    inOrder(records).map(({ domain, model, id }) => JSON.stringify([domain, model, id])),
  );
  return Array.from(keys, (key) => {
    const [domain, model, id] = JSON.parse(key) as [string, string, string]; // written above
    const ofCell = records.filter((row) => row.domain === domain && row.model === model);
    const rows = ofCell.filter((row) => row.id === id);
    const base = ofCell.find((row) => row.id === 'base')?.textNll ?? Number.NaN;
    const figure = (of: (row: ArmRecord) => number): Figure => tInterval(rows.map(of));
    const share = (of: (row: ArmRecord) => number): Figure =>
      rows.length > 1 ? figure(of) : wilson(Math.round(of(rows[0]!) * tasks), tasks); // a key has a row
    const mean = (of: (row: ArmRecord) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
    return {
      ...{ id, domain, model, seeds: rows.length, learningRate: rows[0]!.learningRate }, // a key has a row
      grpoLearningRate: rows[0]!.grpoLearningRate,
      accuracy: share((row) => row.accuracy),
      greedy: share((row) => row.greedy),
      passAt8: figure((row) => row.passAt8),
      textKl: figure((row) => row.textKl),
      textNllAboveBase: figure((row) => row.textNll - base),
      skills: {
        plain: figure((row) => row.skills.plain),
        defs: figure((row) => row.skills.defs),
        redef: figure((row) => row.skills.redef),
      },
      tokens: mean((row) => row.tokens),
      updates: mean((row) => row.updates),
      seconds: mean((row) => row.seconds),
      rewards: rows[0]!.rewards.map((_, i) => mean((row) => row.rewards[i] ?? 0)),
    };
  });
}

/** Jobs end in any order. What is no plan any more comes last. */
function inOrder(records: readonly ArmRecord[]): ArmRecord[] {
  const ids: readonly string[] = PLANS.map(({ id }) => id);
  const place = ({ plan }: ArmRecord): number =>
    ids.includes(plan) ? ids.indexOf(plan) : ids.length;
  return records.toSorted((a, b) => place(a) - place(b)); // stable: a plan's arms stay in theirs
}
