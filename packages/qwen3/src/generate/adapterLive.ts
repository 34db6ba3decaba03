import type { Adapter } from '../model/adapter.ts';
import { packedBatch } from '../model/packedBatch.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { scoreTargets } from '../train/scoreTargets.ts';
import { selectTargets } from '../train/selectTargets.ts';
import type { Completion } from './completion.ts';

/** Nats. Two ways to compute one log-prob differ by a tenth of it. */
const ROUNDING = 1e-5;
/** Where no token was in doubt, an adapter that acts cannot be told from one that does not. */
const CERTAIN = -0.05;

/** What was sampled from the model as it is. */
export interface Sampled {
  prompt: ArrayLike<number>;
  completion: Pick<Completion, 'ids' | 'logprobs'>;
  temperature: number;
}

/** Adapters that were found to act, or were warned of. */
const checked = new WeakSet<Adapter>();

/**
 * Does the adapter act in what was sampled? The log-probs of a completion are compared with those of the frozen base, once
 * per adapter. An adapter whose B is still 0 is the base, and is looked at again after its first update; so is one whose
 * completion was certain.
 *
 * @returns what is wrong, if they are equal up to rounding.
 */
export async function deadAdapter(
  model: Qwen3,
  { prompt, completion, temperature }: Sampled,
): Promise<string | undefined> {
  const { adapter } = model;
  const { ids, logprobs } = completion;
  if (!adapter?.enabled || checked.has(adapter)) return undefined;
  if (logprobs.every((logprob) => logprob > CERTAIN) || (await isUntrained(adapter)))
    return undefined;
  const sequence = {
    ids: [...Array.from(prompt), ...ids],
    roles: [
      ...Array.from(prompt, () => 'ignore' as const),
      ...Array.from(ids, () => 'assistant' as const),
    ],
  };
  const batch = packedBatch([sequence]);
  const targets = selectTargets(batch, [sequence]);
  const options = { ref: model, ...(temperature > 0 && { temperature }) };
  const scored = await scoreTargets(model, batch, targets, options);
  scored.dispose();
  const base = scored.refLogprobs;
  checked.add(adapter);
  const largest = (values: ArrayLike<number>): number =>
    base.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0);
  const [inTraining, inSampling] = [largest(scored.logprobs), largest(logprobs)];
  if (inSampling > ROUNDING) return undefined;
  const where =
    inTraining > ROUNDING
      ? `though not in training (${inTraining.toExponential(1)} there): the sampler does not use it`
      : 'and in training: its B is too small to act, or its scaling is 0';
  return `qwen3Policy: the adapter '${adapter.name}' changes no log-prob of the first completion by more than ${inSampling.toExponential(1)}, which is rounding, ${where}.`;
}

/** Every B is 0: a new adapter, or an empty one. */
async function isUntrained({ parameters }: Adapter): Promise<boolean> {
  for (const [name, value] of Object.entries(parameters)) {
    if (!name.endsWith('.lora_B.weight')) continue;
    if ((await value.data<'float32'>()).some((x) => x !== 0)) return false;
  }
  return true;
}
