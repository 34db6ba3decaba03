// One file: what distinguishes these losses is read best side by side.
import { GrpoError } from './errors.ts';
import { cispo } from './objectives/cispo.ts';
import { clippedSurrogate } from './objectives/clippedSurrogate.ts';
import { clipCov, klCov } from './objectives/covariance.ts';
import { crossEntropy, dro, exactKl, importanceSampling, reinforce } from './objectives/plain.ts';
import { sapo } from './objectives/sapo.ts';
import { dppo, ipo, prime, refKl } from './objectives/trustRegion.ts';
import { vespo } from './objectives/vespo.ts';
import type { PolicyLoss, PolicyLossOptions, PolicyObjective } from './policyLossTypes.ts';
import { gspoTokenRatio, sequenceRatio } from './sequenceRatio.ts';
import { type SurrogateLossDefaults, surrogateLoss } from './surrogateLoss.ts';

/** A loss from its objective and reduction; `options` are the defaults of this loss. */
function define(
  name: string,
  objective: PolicyObjective,
  defaults: Omit<SurrogateLossDefaults, 'name'>,
  options?: PolicyLossOptions,
): PolicyLoss {
  return (data, given) =>
    surrogateLoss(data, { ...options, ...given }, objective, { name, ...defaults });
}

const TOKEN_MEAN = { reduction: 'token-mean', normalizer: 'batch' } as const;
const SEQUENCE_MEAN = { reduction: 'seq-mean-token-mean-all' } as const;
const GSPO = { reduction: 'seq-mean-token-mean-all', level: sequenceRatio } as const;
const VESPO = {
  reduction: 'token-mean',
  normalizer: 'batch',
  ownsImportanceWeights: true,
} as const;
/** The GSPO paper's clip range. */
const GSPO_EPSILON = { epsilon: 3e-4, epsilonHigh: 4e-4 };
const VERL = { convention: 'verl' } as const;

/** GRPO: clipped surrogate, mean over each sequence, then over all B rows. @see https://arxiv.org/abs/2402.03300 */
export const grpoLoss: PolicyLoss = /* @__PURE__ */ define(
  'grpoLoss',
  clippedSurrogate,
  SEQUENCE_MEAN,
);

/** Dr. GRPO: clipped surrogate, sum over tokens / (B * maxCompletionLength). @see https://arxiv.org/abs/2503.20783 */
export const drGrpoLoss: PolicyLoss = /* @__PURE__ */ define('drGrpoLoss', clippedSurrogate, {
  reduction: 'token-sum-norm',
});

/** DAPO: clipped surrogate, mean over all tokens of the optimiser step. @see https://arxiv.org/abs/2503.14476 */
export const dapoLoss: PolicyLoss = /* @__PURE__ */ define(
  'dapoLoss',
  clippedSurrogate,
  TOKEN_MEAN,
);

/** BNPO: clipped surrogate, mean over this micro-batch's tokens. */
export const bnpoLoss: PolicyLoss = /* @__PURE__ */ define('bnpoLoss', clippedSurrogate, {
  reduction: 'token-mean',
});

/** PPO as verl ships it: log ratio clamped to 20, dual clip 3, token mean. @see https://arxiv.org/abs/1912.09729 */
export const ppoLoss: PolicyLoss = /* @__PURE__ */ define(
  'ppoLoss',
  clippedSurrogate,
  TOKEN_MEAN,
  VERL,
);

/** LUSPO: clipped surrogate, sum over tokens, mean over all rows; meant for sequence-level ratios. @see https://arxiv.org/abs/2602.05261 */
export const luspoLoss: PolicyLoss = /* @__PURE__ */ define('luspoLoss', clippedSurrogate, {
  reduction: 'seq-mean-token-sum-all',
});

/** GSPO: clipped surrogate on the sequence's geometric-mean ratio, hence the tiny epsilon. @see https://arxiv.org/abs/2507.18071 */
export const gspoLoss: PolicyLoss = /* @__PURE__ */ define(
  'gspoLoss',
  clippedSurrogate,
  GSPO,
  GSPO_EPSILON,
);

/** GSPO-token: the sequence's ratio, the token's own gradient and advantage. @see https://arxiv.org/abs/2507.18071 */
export const gspoTokenLoss: PolicyLoss = /* @__PURE__ */ define(
  'gspoTokenLoss',
  clippedSurrogate,
  { reduction: 'seq-mean-token-mean', level: gspoTokenRatio },
  GSPO_EPSILON,
);

/** CISPO, token mean over the optimiser step. @see `cispo` for the formula */
export const cispoLoss: PolicyLoss = /* @__PURE__ */ define('cispoLoss', cispo, TOKEN_MEAN);

/** SAPO, mean over each sequence, then over all rows. @see `sapo` for the formula */
export const sapoLoss: PolicyLoss = /* @__PURE__ */ define('sapoLoss', sapo, SEQUENCE_MEAN);

/** VESPO, token mean over the optimiser step. @see `vespo` for the formula */
export const vespoLoss: PolicyLoss = /* @__PURE__ */ define('vespoLoss', vespo, VESPO);

/** DPPO with a total-variation region, token mean. @see `dppo` for the formula */
export const dppoLoss: PolicyLoss = /* @__PURE__ */ define('dppoLoss', dppo, TOKEN_MEAN, VERL);

/** DRO, token mean. @see `dro` for the formula */
export const droLoss: PolicyLoss = /* @__PURE__ */ define('droLoss', dro, TOKEN_MEAN);

/** Plain importance sampling without a clip, token mean. */
export const importanceSamplingLoss: PolicyLoss = /* @__PURE__ */ define(
  'importanceSamplingLoss',
  importanceSampling,
  TOKEN_MEAN,
);

/** REINFORCE, token mean. */
export const reinforceLoss: PolicyLoss = /* @__PURE__ */ define(
  'reinforceLoss',
  reinforce,
  TOKEN_MEAN,
);

/** KL-Cov, token mean. @see `klCov` for the formula */
export const klCovLoss: PolicyLoss = /* @__PURE__ */ define('klCovLoss', klCov, TOKEN_MEAN);

/** Clip-Cov, token mean. @see `clipCov` for the formula */
export const clipCovLoss: PolicyLoss = /* @__PURE__ */ define('clipCovLoss', clipCov, TOKEN_MEAN);

/** Cross-entropy on the sampled or given tokens: -logprob, token mean. Advantages are not read; pass any. */
export const crossEntropyLoss: PolicyLoss = /* @__PURE__ */ define(
  'crossEntropyLoss',
  crossEntropy,
  TOKEN_MEAN,
);

/** Full-vocabulary KL to the base, `klValues`, token mean: MoL's term beside a policy loss. Result has a `klGradient`. */
export const exactKlLoss: PolicyLoss = /* @__PURE__ */ define('exactKlLoss', exactKl, TOKEN_MEAN);

/** prime-rl's default loss: ratio to the sampler, total-variation region, pull towards the sampler. Needs `rolloutLogprobs`. */
export const primeLoss: PolicyLoss = /* @__PURE__ */ againstSampler('primeLoss', prime);

/** prime-rl's IPO: as `primeLoss`, one bound for both signs. Needs `rolloutLogprobs`. */
export const ipoLoss: PolicyLoss = /* @__PURE__ */ againstSampler('ipoLoss', ipo);

/** prime-rl's pull to the reference. Needs `rolloutLogprobs` and `refLogprobs`. @see `refKl` for the formula */
export const refKlLoss: PolicyLoss = /* @__PURE__ */ againstSampler('refKlLoss', refKl);

/** A loss whose ratio is to the sampler; `readPolicyData` refuses to correct for the sampler a second time. */
function againstSampler(name: string, objective: PolicyObjective): PolicyLoss {
  return (data, options) => {
    const { rolloutLogprobs } = data;
    if (!rolloutLogprobs) throw new GrpoError('missing', `${name}: needs rolloutLogprobs.`);
    const against = { ...data, oldLogprobs: rolloutLogprobs };
    return surrogateLoss(against, options, objective, { name, ...TOKEN_MEAN });
  };
}
