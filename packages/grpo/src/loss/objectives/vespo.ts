import { nonNegative } from '../../base/checks.ts';
import { GrpoError } from '../../base/errors.ts';
import { maskedMean } from '../../base/maskedMean.ts';
import type { OptionChecks } from '../../base/readOptions.ts';
import type { LossFormula } from './lossFormula.ts';
import type { PolicyBatch } from './policyObjective.ts';

/** Gamma weights of a positive and of a negative advantage. */
export interface VespoOptions {
  /** Default 2. */
  vespoKPos?: number | undefined;
  /** Default 3. */
  vespoLambdaPos?: number | undefined;
  /** Default 3. */
  vespoKNeg?: number | undefined;
  /** Default 2. */
  vespoLambdaNeg?: number | undefined;
}

export const VESPO_OPTIONS: OptionChecks<VespoOptions> = {
  vespoKPos: nonNegative,
  vespoLambdaPos: nonNegative,
  vespoKNeg: nonNegative,
  vespoLambdaNeg: nonNegative,
};

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
export const vespo: LossFormula<VespoOptions> = (batch, options) => {
  const { vespoKPos = 2, vespoLambdaPos = 3, vespoKNeg = 3, vespoLambdaNeg = 2 } = options;
  const { advantages, logprobs, rows } = batch;
  if (batch.importanceWeights && !batch.importancePerSequence) assertOwnWeights(batch);
  const logWeights = new Float64Array(batch.mask.length); // the row's, on each of its tokens
  for (let row = 0; row < rows; row++) {
    logWeights.fill(logWeight(batch, row), batch.starts[row]!, batch.starts[row + 1]!);
  }
  const phi = (i: number): number => {
    const logW = logWeights[i]!;
    const positive = advantages[i]! >= 0;
    const k = positive ? vespoKPos : vespoKNeg;
    const lambda = Math.max(1e-4, positive ? vespoLambdaPos : vespoLambdaNeg);
    return Math.exp(lambda + k * logW - lambda * Math.exp(logW));
  };
  return {
    terms(tokens, { loss, dLogprob }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const weight = phi(i) * advantages[i]!;
        loss[i] = -weight * logprobs[i]!;
        dLogprob[i] = -weight;
      }
    },
    metrics: () => ({ 'vespo/phi_seq_mean': maskedMean(batch, phi, batch.perSequence) }),
  };
};

function logWeight(batch: PolicyBatch, row: number): number {
  const { trained, trainedStarts, logprobs, oldLogprobs } = batch;
  const { importanceWeights, importancePerSequence } = batch;
  let sum = 0;
  for (let k = trainedStarts[row]!; k < trainedStarts[row + 1]!; k++) {
    const i = trained[k]!;
    sum += clamp(logprobs[i]! - oldLogprobs[i]!, -LOG_WEIGHT_MAX);
    if (importanceWeights && !importancePerSequence) sum += logOf(importanceWeights[i]!);
  }
  if (importanceWeights && importancePerSequence) {
    sum += logOf(importanceWeights[batch.starts[row]!]!);
  }
  return clamp(sum, LOG_WEIGHT_MIN);
}

/** Throws when each row has one weight on all its tokens, and one that is neither 0 nor 1: it is the sequence's. */
function assertOwnWeights({ importanceWeights, rows, trained, trainedStarts }: PolicyBatch): void {
  let repeated = false;
  for (let row = 0; row < rows; row++) {
    const [from, to] = [trainedStarts[row]!, trainedStarts[row + 1]!];
    if (from === to) continue;
    const first = importanceWeights![trained[from]!]!;
    for (let k = from; k < to; k++) {
      if (importanceWeights![trained[k]!] !== first) return; // weights of tokens
    }
    if (to - from > 1 && first !== 0 && first !== 1) repeated = true;
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
