import { type Check, type DuringRun, firstThat, type Metrics, metric } from '../check.ts';

/** Nats per token at which samples of one prompt hardly differ. */
const COLLAPSED = 0.02;
/** Updates that the stage begins with. */
const BEGINNING = 3;
/** Of the entropy at the stage's beginning. */
const SMALL_PART = 0.1;
/** An accuracy at which there is nothing left to explore. */
const SOLVED = 0.95;

/** Without entropy the samples of a group are one text, and GRPO has nothing to compare. */
export const entropyCollapse: Check<DuringRun> = ({ updates, evaluations }) => {
  const entropyOf = (row: Metrics | undefined) => metric(row, 'sampling/entropy');
  const hasEntropy = (row: Metrics): boolean => entropyOf(row) !== undefined;
  const now = entropyOf(updates.findLast(hasEntropy));
  const first = firstThat(updates, hasEntropy, BEGINNING + 1);
  if (now === undefined || first.length <= BEGINNING) return undefined;
  const start = first
    .slice(0, BEGINNING)
    .reduce((sum, row) => sum + (entropyOf(row) ?? 0) / BEGINNING, 0);
  if (now >= COLLAPSED && now >= SMALL_PART * start) return undefined;
  if ((metric(evaluations.at(-1), 'eval/accuracy') ?? 0) >= SOLVED) return undefined;
  return `the entropy fell from ${start.toFixed(2)} to ${now.toFixed(3)} nats per token: samples hardly differ, and GRPO learns from their differences. Lower the learning rate, raise --epsilon-high or --entropy-coef, or stop here.`;
};
