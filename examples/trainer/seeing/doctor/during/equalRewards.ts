import { type Check, type DuringRun, metric } from '../check.ts';
import { zeroRewards } from './zeroRewards.ts';

/** From this share on an update learns from next to nothing. */
const MOST = 0.75;

/** Groups without spread have advantages of 0. */
export const equalRewards: Check<DuringRun> = (facts) => {
  const { settings, updates } = facts;
  const mixed = metric(updates.at(-1), 'group/frac_mixed');
  const { prompts } = settings.grpo;
  if (mixed === undefined || 1 - mixed < MOST || zeroRewards(facts) !== undefined) return undefined;
  const equal = Math.round((1 - mixed) * prompts);
  return `rewards are equal in ${equal} of ${prompts} groups, which then teach nothing: raise the temperature or mix levels, sample more per prompt (--num-generations), or give partial rewards.`;
};
