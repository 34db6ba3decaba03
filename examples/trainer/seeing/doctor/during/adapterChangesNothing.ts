import { type Check, type DuringRun, firstThat, type Metrics, metric } from '../check.ts';

/** Updates without a gradient, though there was something to learn. */
const ENOUGH = 3;

const isStepped = (row: Metrics): boolean =>
  (metric(row, 'learning_rate') ?? 0) > 0 && metric(row, 'grad_norm') !== undefined;

function* newestFirst(rows: readonly Metrics[]): Generator<Metrics> {
  for (let i = rows.length - 1; i >= 0; i--) yield rows[i]!; // inside
}

/** An adapter that is trained and still leaves every prediction as it was. */
export const adapterChangesNothing: Check<DuringRun> = ({ settings, updates, evaluations }) => {
  if (settings.lora === undefined) return undefined;
  const last = firstThat(newestFirst(updates), isStepped, ENOUGH);
  if (last.length < ENOUGH) return undefined;
  if (metric(evaluations.at(-1), 'eval/text_kl') === 0)
    return `the adapter changes nothing: after ${updates.filter(isStepped).length} updates the KL to the base is exactly 0. Raise the learning rate or lora.alpha; if it stays, the adapter is not where the model reads it.`;
  if (last.some((row) => metric(row, 'grad_norm') !== 0)) return undefined;
  return `the adapter changes nothing: the gradient of the last ${ENOUGH} updates is exactly 0. Look whether the loss reads any token of the model's (completion masks, advantages).`;
};
