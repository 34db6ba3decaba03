import { type Check, type DuringRun, metric } from '../check.ts';

/** From this share on most of what is learned from has no end. */
const MANY = 0.5;

/** Answers that end because there was no room. */
export const completionsCut: Check<DuringRun> = ({ settings, updates }) => {
  const share = metric(updates.at(-1), 'completions/clipped_ratio');
  if (share === undefined || share < MANY) return undefined;
  const { prompts, numGenerations, maxCompletionLength } = settings.grpo;
  const all = prompts * numGenerations;
  const cut = Math.round(share * all);
  return `${cut === all ? 'all' : `${cut} of`} ${all} completions were cut at ${maxCompletionLength} tokens: raise --max-completion-length, ask for shorter answers, or leave them out with --mask-truncated-completions.`;
};
