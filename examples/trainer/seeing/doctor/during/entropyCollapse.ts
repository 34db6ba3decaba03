import { type Check, type DuringRun, metric } from '../check.ts';

/** Nats per token at which samples of one prompt hardly differ. */
const COLLAPSED = 0.02;
/** Of the entropy at the stage's beginning. */
const SMALL_PART = 0.1;
/** An accuracy at which there is nothing left to explore. */
const SOLVED = 0.95;

/** Without entropy the samples of a group are one text, and GRPO has nothing to compare. */
export const entropyCollapse: Check<DuringRun> = ({ updates, evaluations }) => {
  const values = updates.flatMap((row) => metric(row, 'sampling/entropy') ?? []);
  const now = values.at(-1);
  const start = values.slice(0, 3).reduce((sum, x) => sum + x / Math.min(3, values.length), 0);
  if (now === undefined || values.length < 4) return undefined;
  if (now >= COLLAPSED && now >= SMALL_PART * start) return undefined;
  if ((metric(evaluations.at(-1), 'eval/accuracy') ?? 0) >= SOLVED) return undefined;
  return `the entropy fell from ${start.toFixed(2)} to ${now.toFixed(3)} nats per token: samples hardly differ, and GRPO learns from their differences. Lower the learning rate, raise --epsilon-high or --entropy-coef, or stop here.`;
};
