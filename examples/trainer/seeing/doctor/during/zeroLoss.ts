import { type Check, type DuringRun, metric } from '../check.ts';

/** On-policy the advantages of a group cancel in the loss, not in its gradient. */
export const zeroLoss: Check<DuringRun> = ({ stage, updates }) => {
  const last = updates.at(-1);
  const [loss, norm] = [metric(last, 'loss'), metric(last, 'grad_norm')];
  if (stage !== 'grpo' || loss === undefined || norm === undefined) return undefined;
  if (Math.abs(loss) >= 5e-4 || norm < 1e-6) return undefined;
  return 'the loss prints 0.000 and that is right: on-policy ratios are 1; watch reward and grad_norm.';
};
