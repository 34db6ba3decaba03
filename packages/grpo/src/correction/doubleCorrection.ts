import { GrpoError } from '../base/errors.ts';

/**
 * Throws `double-correction` when the ratio is to the sampler already and importance weights would correct for it again.
 *
 * A ratio is to the sampler when old and sampler log-probs are the same array, or equal on every trained token while a weight
 * is neither 0 nor 1: weights made from those log-probs would be 1, so they were made from others. (An engine whose sampler
 * and trainer agree to the last bit has such equal log-probs, with weights of 1, and is in its right.)
 */
export function assertCorrectedOnce(
  name: string,
  data: {
    importanceWeights: Float64Array;
    oldLogprobs: ArrayLike<number> | undefined;
    rolloutLogprobs: ArrayLike<number> | undefined;
    mask: Uint8Array;
  },
): void {
  const { importanceWeights, oldLogprobs, rolloutLogprobs, mask } = data;
  if (!oldLogprobs || !rolloutLogprobs) return;
  let corrects = false;
  if (oldLogprobs !== rolloutLogprobs) {
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      if (oldLogprobs[i] !== rolloutLogprobs[i]) return;
      if (importanceWeights[i] !== 0 && importanceWeights[i] !== 1) corrects = true;
    }
    if (!corrects) return;
  }
  throw new GrpoError(
    'double-correction',
    `${name}: the ratio to rolloutLogprobs corrects the sampler already. Drop importanceWeights.`,
  );
}
