import { show } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { assertPerToken, readFields } from '../base/readFields.ts';
import {
  type DistillationTokens,
  type DistillationWeights,
  type DistillationWeightsOptions,
  distillationWeights,
  TOKEN_FIELDS,
  WEIGHTS_FIELDS,
} from './distillationWeights.ts';

/** Divergences computed elsewhere, for instance by a head that never builds [tokens, vocabulary]. */
export interface DistillationData extends DistillationTokens {
  /** `[N]`, divergence between student and teacher at each token; read only where the row has a teacher. */
  divergences: ArrayLike<number>;
}

export interface DistillationResult {
  loss: number;
  /** `[N]`, d loss / d divergences. */
  divergenceGradient: Float64Array;
  /** What the sum was divided by; see `total`. */
  size: number;
  /** `self_distillation/…`, TRL's names. */
  metrics: Record<string, number>;
  /** What is wrong with the batch, in plain words. */
  warnings: string[];
}

/**
 * Distillation from a teacher that read more than the student, from divergences that come ready.
 *
 *     L = sum_i weight[i] D[i]        weight: rows with a teacher, capped ratio, denominator; see `distillationWeights`
 *
 * The choice of teacher (the same weights now, the frozen base, an average of past weights) and of what it reads is in the
 * divergences: the term is the same.
 *
 * @throws {MolLossError} `shape`, `missing`, `option`, `unknown-name`; `not-finite` names the first bad token and its row.
 *
 * @example
 * const { loss, divergenceGradient, metrics } = distillationLoss({
 *   divergences: [0.5, 0.1, NaN],
 *   sequenceIds: [0, 0, 1],
 *   hasTeacher: [1, 0], // nothing was said about the second attempt: it leaves the denominator too
 * });
 * loss; // 0.3
 * divergenceGradient; // Float64Array [0.5, 0.5, 0]
 * metrics['self_distillation/reprompt_sample_fraction']; // 0.5
 *
 * @see Self-Distillation Policy Optimization, 2026: https://arxiv.org/abs/2601.20802
 */
export function distillationLoss(
  data: DistillationData,
  options: DistillationWeightsOptions = {},
): DistillationResult {
  const where = 'distillationLoss';
  const given = readFields(where, options, { known: WEIGHTS_FIELDS });
  const tokens = readFields(where, data, {
    what: 'field',
    known: { ...TOKEN_FIELDS, divergences: true },
  });
  const weighted = distillationWeights(where, tokens, given);
  assertPerToken(where, { divergences: tokens.divergences }, weighted.weights.length);
  const terms = Float64Array.from(weighted.weights, (weight, i) =>
    weight === 0 ? 0 : tokens.divergences[i]!,
  );
  return {
    ...summary(where, terms, { ...weighted, tokens }),
    divergenceGradient: weighted.weights,
  };
}

/** Loss and metrics of terms that are 0 where the weight is; the `not-finite` error of a bad one. */
export function summary(
  where: string,
  terms: Float64Array,
  weighted: DistillationWeights & { tokens: DistillationTokens },
): Omit<DistillationResult, 'divergenceGradient'> {
  const { weights, factors, size, warnings, tokens } = weighted;
  let [loss, sum, count] = [0, 0, 0];
  for (let i = 0; i < terms.length; i++) {
    if (weights[i] === 0) continue;
    if (!Number.isFinite(terms[i])) {
      throw new MolLossError(
        'not-finite',
        `${where}: the divergence is ${show(terms[i])} at token ${i} (row ${tokens.sequenceIds[i]}). Look for NaN in a forward pass, or for a token that one of the two gives probability 0.`,
      );
    }
    loss += weights[i]! * terms[i]!;
    sum += factors[i]! * terms[i]!;
    count += 1;
  }
  const mean = count === 0 ? 0 : sum / count;
  const metrics = { 'self_distillation/distillation_loss': mean, ...weighted.metrics };
  return { loss, size, metrics, warnings };
}
