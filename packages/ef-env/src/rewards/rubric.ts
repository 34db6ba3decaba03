import { EfEnvError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import type { Trajectory } from '../trajectory/trajectory.ts';

/** Extra columns of a data set, each as long as the completions, as TRL hands them to a reward. */
export type Columns<Row> = { readonly [Name in keyof Row]: readonly Row[Name][] };

export interface RewardOptions {
  signal?: AbortSignal | undefined;
  /** The whole episodes that the completions end, in their order; absent where only texts are scored. */
  trajectories?: readonly Trajectory[] | undefined;
}

/**
 * A reward as TRL users write it: all completions of a group and the columns of their rows in, one number
 * each out; `null` = not applicable. It may be asynchronous.
 */
export type RewardFunction<Row> = (
  completions: readonly string[],
  columns: Columns<Row>,
  options: RewardOptions,
) => readonly (number | null)[] | Promise<readonly (number | null)[]>;

/** A reward with its weight; weight 0 = a metric only. */
export interface RubricItem<Row> {
  reward: RewardFunction<Row>;
  /** Default 1. */
  weight?: number | undefined;
}

export interface RubricScores {
  /** Per completion the weighted sum of what applied; `null` where nothing with a weight did. */
  rewards: (number | null)[];
  /** Per name and completion, unweighted. */
  metrics: Record<string, (number | null)[]>;
}

/** Named weighted rewards. */
export interface Rubric<Row> {
  readonly names: readonly string[];
  /** Scores completions of one group; `rows[i]` belongs to `completions[i]`. */
  score(
    completions: readonly string[],
    rows: readonly Row[],
    options?: RewardOptions,
  ): Promise<RubricScores>;
}

/**
 * Several rewards as one: `sum of weight * reward` over those that apply.
 *
 * @throws {EfEnvError} `option` without items, for an unknown name in one, for one that is no function, or with a weight that is not finite. `score` throws `policy`
 * if a reward returns another number of values, or one that is not finite.
 *
 * @example
 * const r = rubric<{ answer: string }>({
 *   correct: { reward: (completions, { answer }) => completions.map((c, i) => Number(c === answer[i])) },
 *   length: { reward: (completions) => completions.map((c) => c.length), weight: 0 },
 * });
 */
export function rubric<Row extends object>(
  items: Record<string, RewardFunction<Row> | RubricItem<Row>>,
): Rubric<Row> {
  const entries = Object.entries(Object(items) as typeof items).map(([name, item]) => {
    if (typeof item !== 'object' || item === null) return { name, reward: item, weight: 1 };
    const { reward, weight = 1 } = readOptions(`rubric: '${name}'`, item, {
      reward: 'required',
      weight: 'optional',
    });
    return { name, reward, weight };
  });
  const mute = entries.find(({ reward }) => typeof reward !== 'function');
  if (mute !== undefined) {
    throw new EfEnvError(
      'option',
      `rubric: '${mute.name}' must be a reward function or { reward, weight }, got ${typeof mute.reward}.`,
    );
  }
  const bad = entries.find(({ weight }) => !Number.isFinite(weight));
  if (entries.length === 0 || bad !== undefined) {
    throw new EfEnvError(
      'option',
      `rubric: needs rewards with finite weights, got ${bad === undefined ? 'none' : `${bad.name}: ${bad.weight}`}.`,
    );
  }
  return {
    names: entries.map(({ name }) => name),
    score: async (completions, rows, options = {}) => {
      const columns = columnsOf(rows);
      const all = await Promise.all(
        entries.map(async ({ name, reward }) => {
          try {
            return await reward(completions, columns, options);
          } catch (error) {
            throw named(error, name, columns);
          }
        }),
      );
      const rewards = completions.map<number | null>(() => null);
      const metrics: Record<string, (number | null)[]> = {};
      for (const [k, { name, weight }] of entries.entries()) {
        const values = all[k]!;
        checkValues(name, values, completions.length);
        metrics[name] = [...values];
        values.forEach((value, i) => {
          if (value !== null && weight !== 0) rewards[i] = (rewards[i] ?? 0) + weight * value;
        });
      }
      return { rewards, metrics };
    },
  };
}

/** A TypeError is mostly a column that is not there or of another type; what else is thrown speaks for itself. */
function named(error: unknown, name: string, columns: object): unknown {
  if (!(error instanceof TypeError)) return error;
  const known = Object.keys(columns).join(', ') || 'none';
  return new EfEnvError(
    'policy',
    `rubric: reward '${name}' threw: ${error.message}. The columns of its rows are ${known}.`,
    { cause: error },
  );
}

/** Rows as columns; a column that a row lacks is `undefined` there. */
function columnsOf<Row extends object>(rows: readonly Row[]): Columns<Row> {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  const columns = [...names].map((name) => [name, rows.map((row) => row[name as keyof Row])]); // a key of some row
  return Object.fromEntries(columns) as Columns<Row>;
}

function checkValues(name: string, values: readonly (number | null)[], expected: number): void {
  if (!Array.isArray(values) || values.length !== expected) {
    throw new EfEnvError(
      'policy',
      `rubric: reward '${name}' returned ${Array.isArray(values) ? values.length : 'no array of'} values for ${expected} completions. One per completion, null where it does not apply.`,
    );
  }
  const bad = values.findIndex((value) => value !== null && !Number.isFinite(value));
  if (bad >= 0) {
    throw new EfEnvError(
      'policy',
      `rubric: reward '${name}' gave ${values[bad]} for completion ${bad}. A reward is a finite number (Number(true) is 1), or null where it does not apply.`,
    );
  }
}
