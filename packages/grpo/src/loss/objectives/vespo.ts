import { GrpoError } from '../../base/errors.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { PolicyBatch, PolicyObjective } from './policyObjective.ts';

/** The log weight of a sequence is held between log 1e-8 and 20, as in the reference implementation. */
const LOG_WEIGHT_MIN = Math.log(1e-8);
const LOG_WEIGHT_MAX = 20;

/**
 * VESPO: REINFORCE with a smooth weight of the sequence's importance ratio w, largest near w = k / lambda.
 *
 *     phi(w) = exp(lambda) * w^k * exp(-lambda w)        loss = -stop(phi) * A * logprob
 *     log w = sum_t clip(log ratio, -20, 20) + sum_t log(importance weight)
 *
 * Importance weights of the sampler enter w, and are not multiplied on top: one per sequence (`sequenceWeights` of
 * `rolloutCorrection`), or one per token of a token mode. A sequence's weight repeated on its tokens would enter T times: refused.
 *
 * @see Shen et al. 2026, VESPO: https://arxiv.org/abs/2602.10693
 */
export const vespo: PolicyObjective = (batch, options) => {
  const { vespoKPos = 2, vespoLambdaPos = 3, vespoKNeg = 3, vespoLambdaNeg = 2 } = options;
  const { advantages, logprobs, rows, sequenceLength } = batch;
  if (batch.importanceWeights && !batch.importancePerSequence) assertOwnWeights(batch);
  const logWeights = new Float64Array(rows);
  for (let row = 0; row < rows; row++) logWeights[row] = logWeight(row);

  const phi = (i: number): number => {
    const logW = logWeights[Math.floor(i / sequenceLength)]!;
    const positive = advantages[i]! >= 0;
    const k = positive ? vespoKPos : vespoKNeg;
    const lambda = Math.max(1e-4, positive ? vespoLambdaPos : vespoLambdaNeg);
    return Math.exp(lambda + k * logW - lambda * Math.exp(logW));
  };
  return {
    term(i, out) {
      const weight = phi(i) * advantages[i]!;
      out.loss = -weight * logprobs[i]!;
      out.dLogprob = -weight;
    },
    metrics: () => ({ 'vespo/phi_seq_mean': maskedMean(batch, phi, batch.perSequence) }),
  };

  function logWeight(row: number): number {
    const { mask, oldLogprobs, importanceWeights, importancePerSequence } = batch;
    let sum = 0;
    for (let i = row * sequenceLength; i < (row + 1) * sequenceLength; i++) {
      if (mask[i] === 0) continue;
      sum += clamp(logprobs[i]! - oldLogprobs[i]!, -LOG_WEIGHT_MAX);
      if (importanceWeights && !importancePerSequence) sum += logOf(importanceWeights[i]!);
    }
    if (importanceWeights && importancePerSequence)
      sum += logOf(importanceWeights[row * sequenceLength]!);
    return clamp(sum, LOG_WEIGHT_MIN);
  }
};

/** Throws when each row has one weight on all its tokens, and one that is neither 0 nor 1: it is the sequence's. */
function assertOwnWeights({ importanceWeights, mask, sequenceLength }: PolicyBatch): void {
  let repeated = false;
  for (let start = 0; start < mask.length; start += sequenceLength) {
    let [first, tokens] = [Number.NaN, 0];
    for (let i = start; i < start + sequenceLength; i++) {
      if (mask[i] === 0) continue;
      if (tokens++ === 0) first = importanceWeights![i]!;
      else if (importanceWeights![i] !== first) return; // weights of tokens
    }
    if (tokens > 1 && first !== 0 && first !== 1) repeated = true;
  }
  if (!repeated) return;
  throw new GrpoError(
    'option',
    "vespoLoss: importanceWeights repeat each sequence's weight on its tokens, and would enter once per token. " +
      'Pass one per sequence: sequenceWeights of rolloutCorrection.',
  );
}

const clamp = (x: number, low: number) => Math.min(LOG_WEIGHT_MAX, Math.max(low, x));
const logOf = (weight: number) => clamp(Math.log(weight), LOG_WEIGHT_MIN);
