import type { RewardFunction, RewardOptions } from './rubric.ts';

/**
 * A reward that looks at one completion at a time.
 *
 * @example
 * rubric({ correct: rewardEach<{ answer: string }>((completion, { answer }) => Number(completion === answer)) });
 */
export function rewardEach<Row extends object>(
  score: (
    completion: string,
    row: Row,
    options: RewardOptions,
  ) => number | null | Promise<number | null>,
): RewardFunction<Row> {
  return (completions, columns, options) => {
    const names = Object.keys(columns) as (keyof Row)[]; // columns have the names of the rows
    return Promise.all(
      completions.map((completion, i) => {
        const row = Object.fromEntries(names.map((name) => [name, columns[name][i]])) as Row; // one value of each column
        return score(completion, row, options);
      }),
    );
  };
}
