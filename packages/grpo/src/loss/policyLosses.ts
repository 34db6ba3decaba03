import { gmpoLoss } from './gmpoLoss.ts';
import {
  bnpoLoss,
  cispoLoss,
  clipCovLoss,
  crossEntropyLoss,
  dapoLoss,
  dppoLoss,
  drGrpoLoss,
  droLoss,
  exactKlLoss,
  grpoLoss,
  gspoLoss,
  gspoTokenLoss,
  importanceSamplingLoss,
  ipoLoss,
  klCovLoss,
  luspoLoss,
  ppoLoss,
  primeLoss,
  refKlLoss,
  reinforceLoss,
  sapoLoss,
  vespoLoss,
} from './losses.ts';
import type { LossOptions } from './lossOptions.ts';
import type { PackageLoss, PolicyLossName } from './policyLossResult.ts';
import { turnRatioLoss } from './turnRatioLoss.ts';

/**
 * Every policy loss by name: a plain object of functions of one shape. Yours fits beside them.
 *
 * @example
 * Object.keys(policyLosses).length; // 24
 */
export const policyLosses: { readonly [N in PolicyLossName]: PackageLoss<LossOptions<N>> } = {
  grpo: grpoLoss,
  dr_grpo: drGrpoLoss,
  dapo: dapoLoss,
  bnpo: bnpoLoss,
  ppo: ppoLoss,
  luspo: luspoLoss,
  gspo: gspoLoss,
  gspo_token: gspoTokenLoss,
  cispo: cispoLoss,
  sapo: sapoLoss,
  vespo: vespoLoss,
  gmpo: gmpoLoss,
  dppo: dppoLoss,
  prime: primeLoss,
  ipo: ipoLoss,
  dro: droLoss,
  importance_sampling: importanceSamplingLoss,
  reinforce: reinforceLoss,
  kl_cov: klCovLoss,
  clip_cov: clipCovLoss,
  rema: turnRatioLoss,
  ce: crossEntropyLoss,
  ref_kl: refKlLoss,
  kl: exactKlLoss,
};
