import { readOptions } from '../base/readOptions.ts';
import { rewardEach } from './rewardEach.ts';
import type { RewardFunction } from './rubric.ts';

export interface JudgeRewardOptions<Row> {
  /** Asks a judge: another model, a service, a person. */
  ask: (prompt: string, options: { signal?: AbortSignal | undefined }) => Promise<string>;
  /** What the judge is asked about a completion. */
  prompt: (completion: string, row: Row) => string;
  /** The score in a reply; `null` = the judge gave none. Default: the last number of the reply. */
  read?: ((reply: string) => number | null) | undefined;
}

const lastNumber = (reply: string): number | null => {
  const found = reply.match(/-?\d+(?:\.\d+)?/g)?.at(-1);
  return found === undefined ? null : Number(found);
};

/** A reward that a judge gives. A judge that rejects rejects the scoring: no reward is made up. */
export function judgeReward<Row extends object>(
  options: JudgeRewardOptions<Row>,
): RewardFunction<Row> {
  const given = readOptions('judgeReward', options, {
    ask: 'required',
    prompt: 'required',
    read: 'optional',
  });
  const { ask, prompt, read = lastNumber } = given;
  return rewardEach<Row>(async (completion, row, { signal }) =>
    read(await ask(prompt(completion, row), { signal })),
  );
}
