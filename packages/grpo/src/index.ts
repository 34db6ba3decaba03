export {
  adaptiveEntropyCoef,
  appliedEntropyCoef,
  type EntropyControl,
  type EntropyControlOptions,
} from './adaptiveEntropyCoef.ts';
export { type AdaptiveKlCoefOptions, adaptiveKlCoef } from './adaptiveKlCoef.ts';
export {
  type AggregateLossOptions,
  aggregateLoss,
  lossWeights,
} from './aggregateLoss.ts';
export type { Grouping } from './assertGroups.ts';
export type { Mask } from './base/readMask.ts';
export { combineRewards } from './combineRewards.ts';
export {
  type CompletionMaskOptions,
  type CompletionMaskResult,
  completionMask,
} from './completionMask.ts';
export { completionMetrics } from './completionMetrics.ts';
export type { Convention } from './convention.ts';
export { type CosineScaledRewardOptions, cosineScaledReward } from './cosineScaledReward.ts';
export { effectiveSampleSize } from './effectiveSampleSize.ts';
export { GrpoError, type GrpoErrorCode } from './errors.ts';
export { explainStep } from './explainStep.ts';
export { type FilterGroupsOptions, type FilterGroupsResult, filterGroups } from './filterGroups.ts';
export { type GaeOptions, gae } from './gae.ts';
export { type GdpoAdvantagesOptions, gdpoAdvantages } from './gdpoAdvantages.ts';
export { gmpoLoss } from './gmpoLoss.ts';
export { type GroupAdvantagesOptions, groupAdvantages } from './groupAdvantages.ts';
export { highEntropyMask } from './highEntropyMask.ts';
export {
  type ImportanceRatio,
  type LogRatio,
  type LogRatioData,
  tokenRatio,
} from './importanceRatio.ts';
export {
  boundedK3,
  type KlEstimator,
  type KlEstimatorName,
  type KlTerm,
  klEstimators,
  VERL_KL_BOUNDS,
} from './klEstimators.ts';
export { type KlInRewardData, klInReward } from './klInReward.ts';
export { logprobMismatch } from './logprobMismatch.ts';
export {
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
export type { LossOptions } from './lossOptions.ts';
export { type MaxRlAdvantagesOptions, maxRlAdvantages } from './maxRlAdvantages.ts';
export { metricAliases } from './metricAliases.ts';
export { type MixtureComponent, type MixtureLossResult, mixtureLoss } from './mixtureLoss.ts';
export { type OffPolicyMaskData, offPolicyMask } from './offPolicyMask.ts';
export { type OverlongPenaltyOptions, overlongPenalty } from './overlongPenalty.ts';
export { type PassAtkAdvantagesOptions, passAtkAdvantages } from './passAtkAdvantages.ts';
export { type PoadData, type PoadOptions, poadAdvantages } from './poadAdvantages.ts';
export { type PolicyLossCall, policyLoss } from './policyLoss.ts';
export { policyLosses } from './policyLosses.ts';
export type {
  CallOptions,
  PolicyBatch,
  PolicyLoss,
  PolicyLossData,
  PolicyLossName,
  PolicyLossOptions,
  PolicyLossResult,
  PolicyObjective,
  StepTotals,
  TokenTerm,
} from './policyLossTypes.ts';
export type { PolicyDataDefaults } from './readPolicyData.ts';
export type { Reduction } from './reduction.ts';
export {
  type ReinforcePlusPlusBaselineOptions,
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages,
  type TokenReturnsOptions,
  type TokenRewards,
  tokenReturns,
} from './reinforcePlusPlusAdvantages.ts';
export {
  type RejectionMaskOptions,
  type RejectionStatistic,
  rejectionMask,
  vetoMask,
} from './rejectionMask.ts';
export { type RepeatedIndicesOptions, repeatedIndices } from './repeatedIndices.ts';
export { type RepetitionPenaltyOptions, repetitionPenalty } from './repetitionPenalty.ts';
export {
  addToBuffer,
  type ReplayBuffer,
  type ReplayBufferOptions,
  replayBuffer,
  type SampleBufferOptions,
  sampleBuffer,
} from './replayBuffer.ts';
export { type IsStdZeroOptions, isStdZero, rewardMetrics } from './rewardMetrics.ts';
export { type RewardToGoAdvantagesOptions, rewardToGoAdvantages } from './rewardToGoAdvantages.ts';
export { type RlooAdvantagesOptions, rlooAdvantages } from './rlooAdvantages.ts';
export {
  type RolloutCorrectionMode,
  type RolloutCorrectionOptions,
  type RolloutCorrectionResult,
  type RolloutData,
  rolloutCorrection,
} from './rolloutCorrection.ts';
export {
  gspoTokenRatio,
  type ImportanceSamplingLevel,
  importanceRatios,
  sequenceRatio,
} from './sequenceRatio.ts';
export { type StepBatch, stepTotals } from './stepTotals.ts';
export { type SurrogateLossDefaults, surrogateLoss } from './surrogateLoss.ts';
export { thinkFormatReward } from './thinkFormatReward.ts';
export { type TokenLogitsData, type TokenLogprobsResult, tokenLogprobs } from './tokenLogprobs.ts';
export { type TopTwoAdvantagesOptions, topTwoAdvantages } from './topTwoAdvantages.ts';
export { type TurnLoss, turnRatioLoss } from './turnRatioLoss.ts';
export { broadcastSequences, broadcastTurns, turnReturns } from './turnReturns.ts';
export { whiten } from './whiten.ts';
