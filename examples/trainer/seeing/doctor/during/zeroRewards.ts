import { type Check, type DuringRun, metric } from '../check.ts';

/** So many completions without a single reward are no accident. */
const ENOUGH = 16;

/** GRPO sharpens what a model already does sometimes; what it never does it cannot find. */
export const zeroRewards: Check<DuringRun> = ({ settings, updates }) => {
  const { prompts, numGenerations } = settings.grpo;
  const count = updates.length * prompts * numGenerations;
  const isZero = (row: DuringRun['updates'][number]): boolean =>
    metric(row, 'reward') === 0 && metric(row, 'reward_std') === 0;
  if (count < ENOUGH || !isZero(updates.at(-1) ?? {}) || !updates.every(isZero)) return undefined;
  const first = settings.stages.includes('sft')
    ? 'Give `sft` more updates or rows that are closer to these tasks'
    : 'Teach it first on worked answers: --stages sft,grpo,eval --sft.data FILE.jsonl';
  return `every reward is 0 (${count} completions): the model never does what is rewarded, so there is nothing to learn from. ${first}, take easier tasks, or give partial rewards.`;
};
