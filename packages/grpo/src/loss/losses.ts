// One file: what distinguishes these losses is read best side by side.
import { withDefaults } from '../base/readOptions.ts';
import { type LossOptions, readLossOptions } from './lossOptions.ts';
import { cispo } from './objectives/cispo.ts';
import { clippedSurrogate, sequenceSurrogate } from './objectives/clippedSurrogate.ts';
import { clipCov, klCov } from './objectives/covariance.ts';
import { crossEntropy, dro, exactKl, importanceSampling, reinforce } from './objectives/plain.ts';
import type { PolicyObjective } from './objectives/policyObjective.ts';
import { sapo } from './objectives/sapo.ts';
import { dppo, ipo, prime, refKl } from './objectives/trustRegion.ts';
import { vespo } from './objectives/vespo.ts';
import type { PackageLoss, PolicyLossName } from './policyLossResult.ts';
import { type SurrogateLossDefaults, tokenLoss } from './surrogateLoss.ts';

/** A loss from its objective and reduction; `own` are its defaults where they are not the package's. No spread: bundlers drop what is pure. */
function define<N extends PolicyLossName>(
  lossType: N,
  name: string,
  objective: PolicyObjective,
  defaults: Omit<SurrogateLossDefaults, 'name'>,
  own: Partial<LossOptions<N>> = {},
): PackageLoss<LossOptions<N>> {
  return (data, given) => {
    const options = withDefaults(own, readLossOptions(name, lossType, given));
    return tokenLoss(data, options, { objective, name, ...defaults });
  };
}

const TOKEN_MEAN = { reduction: 'token-mean', normalizer: 'batch' } as const;
const SEQUENCE_MEAN = { reduction: 'seq-mean-token-mean-all' } as const;
const AGAINST_SAMPLER = {
  reduction: 'token-mean',
  normalizer: 'batch',
  againstSampler: true,
} as const;
const GSPO = { reduction: 'seq-mean-token-mean-all', level: 'sequence' } as const;
const VESPO = {
  reduction: 'token-mean',
  normalizer: 'batch',
  ownsImportanceWeights: true,
} as const;
/** The GSPO paper's clip range. */
const GSPO_EPSILON = { epsilon: 3e-4, epsilonHigh: 4e-4 };
const VERL = { convention: 'verl' } as const;

/** GRPO: clipped surrogate, mean over each sequence, then over all B rows. @see https://arxiv.org/abs/2402.03300 */
export const grpoLoss: PackageLoss<LossOptions<'grpo'>> = /* @__PURE__ */ define(
  'grpo',
  'grpoLoss',
  clippedSurrogate,
  SEQUENCE_MEAN,
);

/** Dr. GRPO: clipped surrogate, sum over tokens / (B * maxCompletionLength). @see https://arxiv.org/abs/2503.20783 */
export const drGrpoLoss: PackageLoss<LossOptions<'dr_grpo'>> = /* @__PURE__ */ define(
  'dr_grpo',
  'drGrpoLoss',
  clippedSurrogate,
  { reduction: 'token-sum-norm' },
);

/** DAPO: clipped surrogate, mean over all tokens of the optimiser step. @see https://arxiv.org/abs/2503.14476 */
export const dapoLoss: PackageLoss<LossOptions<'dapo'>> = /* @__PURE__ */ define(
  'dapo',
  'dapoLoss',
  clippedSurrogate,
  TOKEN_MEAN,
);

/** BNPO: clipped surrogate, mean over this micro-batch's tokens. */
export const bnpoLoss: PackageLoss<LossOptions<'bnpo'>> = /* @__PURE__ */ define(
  'bnpo',
  'bnpoLoss',
  clippedSurrogate,
  { reduction: 'token-mean' },
);

/** PPO as verl ships it: log ratio clamped to 20, dual clip 3, token mean. @see https://arxiv.org/abs/1912.09729 */
export const ppoLoss: PackageLoss<LossOptions<'ppo'>> = /* @__PURE__ */ define(
  'ppo',
  'ppoLoss',
  clippedSurrogate,
  TOKEN_MEAN,
  VERL,
);

/** LUSPO: clipped surrogate, sum over tokens, mean over all rows; meant for sequence-level ratios. @see https://arxiv.org/abs/2602.05261 */
export const luspoLoss: PackageLoss<LossOptions<'luspo'>> = /* @__PURE__ */ define(
  'luspo',
  'luspoLoss',
  clippedSurrogate,
  { reduction: 'seq-mean-token-sum-all' },
);

/** GSPO: clipped surrogate on the sequence's geometric-mean ratio, hence the tiny epsilon. @see https://arxiv.org/abs/2507.18071 */
export const gspoLoss: PackageLoss<LossOptions<'gspo'>> = /* @__PURE__ */ define(
  'gspo',
  'gspoLoss',
  sequenceSurrogate,
  GSPO,
  GSPO_EPSILON,
);

/** GSPO-token: the sequence's ratio, the token's own gradient and advantage. @see https://arxiv.org/abs/2507.18071 */
export const gspoTokenLoss: PackageLoss<LossOptions<'gspo_token'>> = /* @__PURE__ */ define(
  'gspo_token',
  'gspoTokenLoss',
  sequenceSurrogate,
  { reduction: 'seq-mean-token-mean', level: 'gspo-token' },
  GSPO_EPSILON,
);

/** CISPO, token mean over the optimiser step. @see `cispo` for the formula */
export const cispoLoss: PackageLoss<LossOptions<'cispo'>> = /* @__PURE__ */ define(
  'cispo',
  'cispoLoss',
  cispo,
  TOKEN_MEAN,
);

/** SAPO, mean over each sequence, then over all rows. @see `sapo` for the formula */
export const sapoLoss: PackageLoss<LossOptions<'sapo'>> = /* @__PURE__ */ define(
  'sapo',
  'sapoLoss',
  sapo,
  SEQUENCE_MEAN,
);

/** VESPO, token mean over the optimiser step. @see `vespo` for the formula */
export const vespoLoss: PackageLoss<LossOptions<'vespo'>> = /* @__PURE__ */ define(
  'vespo',
  'vespoLoss',
  vespo,
  VESPO,
);

/** DPPO with a total-variation region, token mean. @see `dppo` for the formula */
export const dppoLoss: PackageLoss<LossOptions<'dppo'>> = /* @__PURE__ */ define(
  'dppo',
  'dppoLoss',
  dppo,
  TOKEN_MEAN,
  VERL,
);

/** DRO, token mean. @see `dro` for the formula */
export const droLoss: PackageLoss<LossOptions<'dro'>> = /* @__PURE__ */ define(
  'dro',
  'droLoss',
  dro,
  TOKEN_MEAN,
);

/** Plain importance sampling without a clip, token mean. */
export const importanceSamplingLoss: PackageLoss<LossOptions<'importance_sampling'>> =
  /* @__PURE__ */ define(
    'importance_sampling',
    'importanceSamplingLoss',
    importanceSampling,
    TOKEN_MEAN,
  );

/** REINFORCE, token mean. */
export const reinforceLoss: PackageLoss<LossOptions<'reinforce'>> = /* @__PURE__ */ define(
  'reinforce',
  'reinforceLoss',
  reinforce,
  TOKEN_MEAN,
);

/** KL-Cov, token mean. @see `klCov` for the formula */
export const klCovLoss: PackageLoss<LossOptions<'kl_cov'>> = /* @__PURE__ */ define(
  'kl_cov',
  'klCovLoss',
  klCov,
  TOKEN_MEAN,
);

/** Clip-Cov, token mean. @see `clipCov` for the formula */
export const clipCovLoss: PackageLoss<LossOptions<'clip_cov'>> = /* @__PURE__ */ define(
  'clip_cov',
  'clipCovLoss',
  clipCov,
  TOKEN_MEAN,
);

/** Cross-entropy on the sampled or given tokens: -logprob, token mean. Advantages are not read; pass any. */
export const crossEntropyLoss: PackageLoss<LossOptions<'ce'>> = /* @__PURE__ */ define(
  'ce',
  'crossEntropyLoss',
  crossEntropy,
  TOKEN_MEAN,
);

/** Full-vocabulary KL to the base, `klValues`, token mean: MoL's term beside a policy loss. Result has a `klGradient`. */
export const exactKlLoss: PackageLoss<LossOptions<'kl'>> = /* @__PURE__ */ define(
  'kl',
  'exactKlLoss',
  exactKl,
  TOKEN_MEAN,
);

/** prime-rl's default loss: ratio to the sampler, total-variation region, pull towards the sampler. Needs `rolloutLogprobs`. */
export const primeLoss: PackageLoss<LossOptions<'prime'>> = /* @__PURE__ */ define(
  'prime',
  'primeLoss',
  prime,
  AGAINST_SAMPLER,
);

/** prime-rl's IPO: as `primeLoss`, one bound for both signs. Needs `rolloutLogprobs`. */
export const ipoLoss: PackageLoss<LossOptions<'ipo'>> = /* @__PURE__ */ define(
  'ipo',
  'ipoLoss',
  ipo,
  AGAINST_SAMPLER,
);

/** prime-rl's pull to the reference. Needs `rolloutLogprobs` and `refLogprobs`. @see `refKl` for the formula */
export const refKlLoss: PackageLoss<LossOptions<'ref_kl'>> = /* @__PURE__ */ define(
  'ref_kl',
  'refKlLoss',
  refKl,
  AGAINST_SAMPLER,
);
