import type { BeforeRun, Check } from '../check.ts';

/** Positions beyond those that a model was trained on give text without sense. */
export const rowsTooLong: Check<Pick<BeforeRun, 'prompts' | 'model' | 'settings'>> = (facts) => {
  const { prompts, model, settings } = facts;
  const { maxCompletionLength } = settings.grpo;
  const room = model.contextLength - maxCompletionLength;
  const long = prompts.filter(({ tokens }) => tokens > room);
  if (long.length === 0) return undefined;
  const longest = Math.max(...long.map(({ tokens }) => tokens));
  return `${long.length} of ${prompts.length} rows are longer than the model's context: the longest prompt has ${longest} tokens and ${maxCompletionLength} may follow, the model was made for ${model.contextLength}. Shorten the rows, or lower --max-completion-length.`;
};
