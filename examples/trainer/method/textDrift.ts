import { createRandom } from '@molrl/ef-env';
import { scoreTargets } from '@molrl/qwen3';
import type { Learner } from './learner.ts';
import { passesOf } from './passes.ts';
import type { Scored } from './scored.ts';
import { textWindow } from './textWindow.ts';

/** Text windows: their number and length in tokens. */
const WINDOWS = 32;
const WINDOW = 128;

/** Of each text window the mean over its tokens, nats. */
export interface TextDrift {
  nll: number[];
  /** KL(model || base) */
  kl: number[];
}

/** Loss on unseen text, and how far the predictions moved from the base's. */
export async function textDrift(
  learner: Pick<Learner, 'model' | 'ref' | 'elsewhere' | 'tokensPerPass'>,
  text: readonly number[],
  signal: AbortSignal | undefined,
): Promise<TextDrift> {
  const random = createRandom(31);
  const windows = Array.from({ length: WINDOWS }, () => ({
    sequence: textWindow(random, text, WINDOW),
  }));
  const nll: number[] = [];
  const kl: number[] = [];
  for (const { batch, targets, items } of passesOf(learner, windows, 8)) {
    signal?.throwIfAborted();
    const sequences = items.map(({ sequence }) => sequence);
    const scored = await driftOf(learner, { batch, targets, sequences });
    for (let i = 0; i < items.length; i++) {
      const of = (values: Float32Array): number =>
        values.subarray(i * (WINDOW - 1), (i + 1) * (WINDOW - 1)).reduce((sum, x) => sum + x, 0) /
        (WINDOW - 1);
      nll.push(-of(scored.logprobs));
      kl.push(of(scored.kl));
    }
  }
  const bad = [...nll, ...kl].findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new Error(
      `evaluate: ${bad < nll.length ? 'NLL' : 'KL'} of text window ${bad % nll.length} is not finite. The model diverged: lower the learning rate.`,
    );
  }
  return { nll, kl };
}

/** Elsewhere the KL is as the tokens of the text tell it: see the sampled KL of `mixtureGradient`. */
async function driftOf(
  { model, ref, elsewhere }: Pick<Learner, 'model' | 'ref' | 'elsewhere'>,
  scored: Scored,
): Promise<{ logprobs: Float32Array; kl: Float32Array }> {
  if (!elsewhere) {
    const { batch, targets } = scored;
    const found = await scoreTargets(model, batch, targets, { ref, kl: 'reverse' });
    found.dispose();
    return found;
  }
  const logprobs = await elsewhere.scoreOnly(scored, { of: 'model' });
  const base = await elsewhere.scoreOnly(scored, { of: 'base' });
  const kl = logprobs.map((logprob, i) => {
    const away = base[i]! - logprob; // one each
    return Math.exp(away) - away - 1;
  });
  return { logprobs, kl };
}
