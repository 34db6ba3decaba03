// One file: what distinguishes these losses is read best side by side.
import { define, type TokenLoss } from './define.ts';
import { CISPO_OPTIONS, type CispoOptions, cispo, cispoRatio } from './objectives/cispo.ts';
import { CLIP_COV_OPTIONS, type ClipCovOptions, clipCov } from './objectives/clipCov.ts';
import {
  CLIP_OPTIONS,
  type ClipOptions,
  clippedRatio,
  clippedSurrogate,
  sequenceSurrogate,
} from './objectives/clippedSurrogate.ts';
import { crossEntropy } from './objectives/crossEntropy.ts';
import { DPPO_OPTIONS, type DppoOptions, dppo } from './objectives/dppo.ts';
import { DRO_OPTIONS, type DroOptions, dro } from './objectives/dro.ts';
import { exactKl } from './objectives/exactKl.ts';
import { freeRatio, noRatio } from './objectives/heldRatio.ts';
import { importanceSampling } from './objectives/importanceSampling.ts';
import { IPO_OPTIONS, type IpoOptions, ipo } from './objectives/ipo.ts';
import { KL_COV_OPTIONS, type KlCovOptions, klCov } from './objectives/klCov.ts';
import { PRIME_OPTIONS, type PrimeOptions, prime } from './objectives/prime.ts';
import { REF_KL_OPTIONS, type RefKlOptions, refKl } from './objectives/refKl.ts';
import { reinforce } from './objectives/reinforce.ts';
import { SAPO_OPTIONS, type SapoOptions, sapo } from './objectives/sapo.ts';
import { VESPO_OPTIONS, type VespoOptions, vespo } from './objectives/vespo.ts';

/** The GSPO paper's clip range. */
const GSPO_EPSILON = { epsilon: 3e-4, epsilonHigh: 4e-4 };
const VERL = { convention: 'verl' } as const;

/** GRPO: clipped surrogate, mean over each sequence, then over all B rows. @see https://arxiv.org/abs/2402.03300 */
export const grpoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'grpoLoss',
  formula: clippedSurrogate,
  held: clippedRatio,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  reduction: 'seq-mean-token-mean-all',
});

/** Dr. GRPO: clipped surrogate, sum over tokens / (B * maxCompletionLength). @see https://arxiv.org/abs/2503.20783 */
export const drGrpoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'drGrpoLoss',
  formula: clippedSurrogate,
  held: clippedRatio,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  reduction: 'token-sum-norm',
});

/** DAPO: clipped surrogate, mean over all tokens of the optimiser step. @see https://arxiv.org/abs/2503.14476 */
export const dapoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'dapoLoss',
  formula: clippedSurrogate,
  held: clippedRatio,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** BNPO: clipped surrogate, mean over this micro-batch's tokens. */
export const bnpoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'bnpoLoss',
  formula: clippedSurrogate,
  held: clippedRatio,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  reduction: 'token-mean',
});

/** PPO as verl ships it: log ratio clamped to 20, dual clip 3, token mean. @see https://arxiv.org/abs/1912.09729 */
export const ppoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'ppoLoss',
  formula: clippedSurrogate,
  held: clippedRatio,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  defaults: VERL,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** LUSPO: clipped surrogate, sum over tokens, mean over all rows; meant for sequence-level ratios. @see https://arxiv.org/abs/2602.05261 */
export const luspoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'luspoLoss',
  formula: clippedSurrogate,
  held: clippedRatio,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  reduction: 'seq-mean-token-sum-all',
});

/** GSPO: clipped surrogate on the sequence's geometric-mean ratio, hence the tiny epsilon. @see https://arxiv.org/abs/2507.18071 */
export const gspoLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'gspoLoss',
  formula: sequenceSurrogate,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  defaults: GSPO_EPSILON,
  reduction: 'seq-mean-token-mean-all',
  level: 'sequence',
});

/** GSPO-token: the sequence's ratio, the token's own gradient and advantage. @see https://arxiv.org/abs/2507.18071 */
export const gspoTokenLoss: TokenLoss<ClipOptions> = /* @__PURE__ */ define({
  name: 'gspoTokenLoss',
  formula: sequenceSurrogate,
  options: CLIP_OPTIONS,
  ratioAlone: true,
  defaults: GSPO_EPSILON,
  reduction: 'seq-mean-token-mean',
  level: 'gspo-token',
});

/** CISPO, token mean over the optimiser step. @see `cispo` for the formula */
export const cispoLoss: TokenLoss<CispoOptions> = /* @__PURE__ */ define({
  name: 'cispoLoss',
  formula: cispo,
  held: cispoRatio,
  options: CISPO_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** SAPO, mean over each sequence, then over all rows. @see `sapo` for the formula */
export const sapoLoss: TokenLoss<SapoOptions> = /* @__PURE__ */ define({
  name: 'sapoLoss',
  formula: sapo,
  options: SAPO_OPTIONS,
  reduction: 'seq-mean-token-mean-all',
});

/** VESPO, token mean over the optimiser step. @see `vespo` for the formula */
export const vespoLoss: TokenLoss<VespoOptions> = /* @__PURE__ */ define({
  name: 'vespoLoss',
  formula: vespo,
  options: VESPO_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
  ownsImportanceWeights: true,
});

/** DPPO with a total-variation region, token mean. @see `dppo` for the formula */
export const dppoLoss: TokenLoss<DppoOptions> = /* @__PURE__ */ define({
  name: 'dppoLoss',
  formula: dppo,
  options: DPPO_OPTIONS,
  defaults: VERL,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** DRO, token mean. @see `dro` for the formula */
export const droLoss: TokenLoss<DroOptions> = /* @__PURE__ */ define({
  name: 'droLoss',
  formula: dro,
  options: DRO_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** Plain importance sampling without a clip, token mean. */
export const importanceSamplingLoss: TokenLoss = /* @__PURE__ */ define({
  name: 'importanceSamplingLoss',
  formula: importanceSampling,
  held: freeRatio,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** REINFORCE, token mean. */
export const reinforceLoss: TokenLoss = /* @__PURE__ */ define({
  name: 'reinforceLoss',
  formula: reinforce,
  held: noRatio,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** KL-Cov, token mean. @see `klCov` for the formula */
export const klCovLoss: TokenLoss<KlCovOptions> = /* @__PURE__ */ define({
  name: 'klCovLoss',
  formula: klCov,
  options: KL_COV_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** Clip-Cov, token mean. @see `clipCov` for the formula */
export const clipCovLoss: TokenLoss<ClipCovOptions> = /* @__PURE__ */ define({
  name: 'clipCovLoss',
  formula: clipCov,
  options: CLIP_COV_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** Cross-entropy on the sampled or given tokens: -logprob, token mean. Advantages are not read; pass any. */
export const crossEntropyLoss: TokenLoss = /* @__PURE__ */ define({
  name: 'crossEntropyLoss',
  formula: crossEntropy,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** Full-vocabulary KL to the base, `klValues`, token mean: MoL's term beside a policy loss. Result has a `klGradient`. */
export const exactKlLoss: TokenLoss = /* @__PURE__ */ define({
  name: 'exactKlLoss',
  formula: exactKl,
  reduction: 'token-mean',
  normalizer: 'batch',
});

/** prime-rl's default loss: ratio to the sampler, total-variation region, pull towards the sampler. Needs `rolloutLogprobs`. */
export const primeLoss: TokenLoss<PrimeOptions> = /* @__PURE__ */ define({
  name: 'primeLoss',
  formula: prime,
  options: PRIME_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
  againstSampler: true,
});

/** prime-rl's IPO: as `primeLoss`, one bound for both signs. Needs `rolloutLogprobs`. */
export const ipoLoss: TokenLoss<IpoOptions> = /* @__PURE__ */ define({
  name: 'ipoLoss',
  formula: ipo,
  options: IPO_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
  againstSampler: true,
});

/** prime-rl's pull to the reference. Needs `rolloutLogprobs` and `refLogprobs`. @see `refKl` for the formula */
export const refKlLoss: TokenLoss<RefKlOptions> = /* @__PURE__ */ define({
  name: 'refKlLoss',
  formula: refKl,
  options: REF_KL_OPTIONS,
  reduction: 'token-mean',
  normalizer: 'batch',
  againstSampler: true,
});
