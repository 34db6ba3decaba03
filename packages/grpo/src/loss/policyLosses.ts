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
import type { PackageLoss } from './lossFunction.ts';
import type { CispoOptions } from './objectives/cispo.ts';
import type { ClipCovOptions } from './objectives/clipCov.ts';
import type { ClipOptions } from './objectives/clippedSurrogate.ts';
import type { DppoOptions } from './objectives/dppo.ts';
import type { DroOptions } from './objectives/dro.ts';
import type { IpoOptions } from './objectives/ipo.ts';
import type { KlCovOptions } from './objectives/klCov.ts';
import type { PrimeOptions } from './objectives/prime.ts';
import type { RefKlOptions } from './objectives/refKl.ts';
import type { SapoOptions } from './objectives/sapo.ts';
import type { VespoOptions } from './objectives/vespo.ts';
import type { TokenLossOptions } from './options/sharedOptions.ts';
import { type GmpoOptions, gmpoLoss } from './sequences/gmpoLoss.ts';
import { type TurnRatioOptions, turnRatioLoss } from './sequences/turnRatioLoss.ts';

/** The options of each loss by its name: those of its formula; the losses of tokens have `TokenLossOptions` besides. */
interface OptionsOf {
  grpo: ClipOptions & TokenLossOptions;
  dr_grpo: ClipOptions & TokenLossOptions;
  dapo: ClipOptions & TokenLossOptions;
  bnpo: ClipOptions & TokenLossOptions;
  ppo: ClipOptions & TokenLossOptions;
  luspo: ClipOptions & TokenLossOptions;
  gspo: ClipOptions & TokenLossOptions;
  gspo_token: ClipOptions & TokenLossOptions;
  cispo: CispoOptions & TokenLossOptions;
  sapo: SapoOptions & TokenLossOptions;
  vespo: VespoOptions & TokenLossOptions;
  gmpo: GmpoOptions;
  dppo: DppoOptions & TokenLossOptions;
  prime: PrimeOptions & TokenLossOptions;
  ipo: IpoOptions & TokenLossOptions;
  dro: DroOptions & TokenLossOptions;
  importance_sampling: TokenLossOptions;
  reinforce: TokenLossOptions;
  kl_cov: KlCovOptions & TokenLossOptions;
  clip_cov: ClipCovOptions & TokenLossOptions;
  rema: TurnRatioOptions;
  ce: TokenLossOptions;
  ref_kl: RefKlOptions & TokenLossOptions;
  kl: TokenLossOptions;
}

export type PolicyLossName = keyof OptionsOf;

/** The options of a loss: those that its formula has, and over what it is averaged. */
export type LossOptions<N extends PolicyLossName> = OptionsOf[N];

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
