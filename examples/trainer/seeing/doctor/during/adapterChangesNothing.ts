import { type Check, type DuringRun, metric } from '../check.ts';

/** Updates without a gradient, though there was something to learn. */
const ENOUGH = 3;

/** An adapter that is trained and still leaves every prediction as it was. */
export const adapterChangesNothing: Check<DuringRun> = ({ settings, updates, evaluations }) => {
  if (settings.lora === undefined) return undefined;
  const trained = updates.filter((row) => (metric(row, 'learning_rate') ?? 0) > 0);
  const stepped = trained.filter((row) => metric(row, 'grad_norm') !== undefined);
  const kl = metric(evaluations.at(-1), 'eval/text_kl');
  if (kl === 0 && stepped.length >= ENOUGH)
    return `the adapter changes nothing: after ${stepped.length} updates the KL to the base is exactly 0. Raise the learning rate or lora.alpha; if it stays, the adapter is not where the model reads it.`;
  const last = stepped.slice(-ENOUGH);
  if (last.length < ENOUGH || last.some((row) => metric(row, 'grad_norm') !== 0)) return undefined;
  return `the adapter changes nothing: the gradient of the last ${ENOUGH} updates is exactly 0. Look whether the loss reads any token of the model's (completion masks, advantages).`;
};
