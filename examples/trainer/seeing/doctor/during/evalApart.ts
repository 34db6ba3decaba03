import { type Check, type DuringRun, metric } from '../check.ts';

/** Updates whose mean is compared. */
const WINDOW = 5;

/** Rewards on trained and on held-out prompts tell learning from learning by heart. */
export const evalApart: Check<DuringRun> = ({ settings, stage, updates, evaluations }) => {
  const rewards = updates.slice(-WINDOW).flatMap((row) => metric(row, 'reward') ?? []);
  const held = metric(evaluations.at(-1), 'eval/reward');
  if (stage !== 'grpo' || held === undefined || rewards.length < WINDOW) return undefined;
  const train = rewards.reduce((sum, x) => sum + x, 0) / rewards.length;
  const gap = train - held;
  // two standard errors of an evaluation of so many tasks are no difference
  const chance = (2 * (metric(updates.at(-1), 'reward_std') ?? 0)) / Math.sqrt(settings.eval.tasks);
  const large = Math.max(0.1, chance, 0.25 * Math.max(Math.abs(train), Math.abs(held)));
  if (Math.abs(gap) <= large) return undefined;
  const meaning =
    gap > 0
      ? 'it learns its prompts by heart. Take more rows, fewer updates, or a KL to the base (--beta, --general-kl).'
      : 'held-out tasks are easier, or sampled otherwise. Compare eval.temperature with grpo.temperature, and the tasks.';
  return `eval and train reward are apart: ${train.toFixed(2)} on training prompts, ${held.toFixed(2)} on held-out ones: ${meaning}`;
};
