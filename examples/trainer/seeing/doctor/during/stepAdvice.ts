import { explainStep } from '@molrl/grpo';
import type { Check, DuringRun } from '../check.ts';

/** What the checks beside this one say better, with the numbers of the run. */
const SAID_ELSEWHERE = [
  'loss',
  'frac_reward_zero_std',
  'completions/clipped_ratio',
  'sampling/sampling_logp_difference/mean',
  'sampling/sampling_logp_difference/max',
  'entropy',
];

/** What else the metrics of one step say: `explainStep` of @molrl/grpo. */
export const stepAdvice: Check<DuringRun> = ({ updates }) => {
  const metrics = Object.fromEntries(
    Object.entries(updates.at(-1) ?? {}).filter(
      (entry): entry is [string, number] =>
        entry[0] !== 'step' && typeof entry[1] !== 'string' && !SAID_ELSEWHERE.includes(entry[0]),
    ),
  );
  // std and share of groups without spread are those of rewards that are all equal
  if (metrics['group/frac_mixed'] === 0) delete metrics.reward_std;
  const sentences = explainStep(metrics);
  return sentences.length === 0 ? undefined : sentences.join(' ');
};
