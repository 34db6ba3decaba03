import { maskedMean } from '../../base/maskedMean.ts';
import type { LossFormula } from './lossFormula.ts';
import type { PolicyBatch } from './policyObjective.ts';

/** The pull towards the sampler. */
export interface PullOptions {
  /** Weight of the squared log ratio. Default 1e-3. */
  klTau?: number | undefined;
  /** Factor of the advantage. Default 1. */
  advTau?: number | undefined;
}

/** The pull towards the sampler on every token: loss = -keep * advTau * A * r + klTau * (log r)^2, as prime-rl has it. */
export function pulled(
  batch: PolicyBatch,
  options: PullOptions,
  keep: (i: number) => boolean,
): ReturnType<LossFormula<PullOptions>> {
  const { advTau = 1, klTau = 1e-3 } = options;
  const { ratio, logRatio, advantages } = batch;
  const mismatch = (i: number) => ratio[i]! - logRatio[i]! - 1;
  const dropped = (i: number) => (keep(i) ? 0 : 1);
  const share = (of: (i: number) => number, among: (i: number) => number) =>
    maskedMean(batch, (i) => of(i) * among(i)) / (maskedMean(batch, among) || 1);
  return {
    terms(tokens, { loss, dLogRatio }) {
      for (let k = 0; k < tokens.length; k++) {
        const i = tokens[k]!;
        const gain = keep(i) ? advTau * advantages[i]! * ratio[i]! : 0;
        loss[i] = -gain + klTau * logRatio[i]! ** 2;
        dLogRatio[i] = -gain + 2 * klTau * logRatio[i]!;
      }
    },
    metrics: () => ({
      is_masked: maskedMean(batch, dropped),
      is_masked_low: maskedMean(batch, (i) => (advantages[i]! < 0 ? dropped(i) : 0)),
      is_masked_high: maskedMean(batch, (i) => (advantages[i]! > 0 ? dropped(i) : 0)),
      masked_mismatch_kl: share(mismatch, dropped),
      unmasked_mismatch_kl: share(mismatch, (i) => 1 - dropped(i)),
      masked_advantage_positive: share((i) => (advantages[i]! > 0 ? 1 : 0), dropped),
      masked_advantage_negative: share((i) => (advantages[i]! < 0 ? 1 : 0), dropped),
    }),
  };
}
