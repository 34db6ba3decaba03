export { type GaeOptions, gae } from './advantages/gae.ts';
export { type GdpoAdvantagesOptions, gdpoAdvantages } from './advantages/gdpoAdvantages.ts';
export { type GroupAdvantagesOptions, groupAdvantages } from './advantages/groupAdvantages.ts';
export { type MaxRlAdvantagesOptions, maxRlAdvantages } from './advantages/maxRlAdvantages.ts';
export {
  type PassAtkAdvantagesOptions,
  passAtkAdvantages,
} from './advantages/passAtkAdvantages.ts';
export { type PoadOptions, poadAdvantages } from './advantages/poadAdvantages.ts';
export {
  type ReinforcePlusPlusBaselineOptions,
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages,
  type TokenReturnsOptions,
  type TokenRewards,
  tokenReturns,
} from './advantages/reinforcePlusPlusAdvantages.ts';
export {
  type RewardToGoAdvantagesOptions,
  rewardToGoAdvantages,
} from './advantages/rewardToGoAdvantages.ts';
export { type RlooAdvantagesOptions, rlooAdvantages } from './advantages/rlooAdvantages.ts';
export { type SoftBellmanOptions, softBellmanTargets } from './advantages/softBellmanTargets.ts';
export {
  type SoftValuesData,
  type SoftValuesOptions,
  softValues,
} from './advantages/softValues.ts';
export { type TopTwoAdvantagesOptions, topTwoAdvantages } from './advantages/topTwoAdvantages.ts';
export type { TurnBackupData } from './advantages/turnBackup.ts';
export { broadcastSequences, broadcastTurns, turnReturns } from './advantages/turnReturns.ts';
export { whiten } from './advantages/whiten.ts';
export type { Grouping } from './base/assertGroups.ts';
export type { Convention } from './base/convention.ts';
export { GrpoError, type GrpoErrorCode } from './base/errors.ts';
export type {
  AlignedPolicyLossData,
  PolicyLossData,
  PolicyLossInput,
} from './base/policyLossData.ts';
export type { PolicyLossResult } from './base/policyLossResult.ts';
export type { Mask } from './base/readMask.ts';
export type { Reduction } from './base/reduction.ts';
export type { TargetAligned } from './base/targetAligned.ts';
export { behaviorMismatch } from './correction/behaviorMismatch.ts';
export { effectiveSampleSize } from './correction/effectiveSampleSize.ts';
export { logprobMismatch } from './correction/logprobMismatch.ts';
export { type OffPolicyMaskData, offPolicyMask } from './correction/offPolicyMask.ts';
export {
  type RejectionMaskOptions,
  type RejectionStatistic,
  rejectionMask,
  vetoMask,
} from './correction/rejectionMask.ts';
export {
  type RolloutCorrectionMode,
  type RolloutCorrectionOptions,
  type RolloutCorrectionResult,
  type RolloutData,
  rolloutCorrection,
} from './correction/rolloutCorrection.ts';
export {
  type CompletionMaskOptions,
  type CompletionMaskResult,
  completionMask,
} from './groups/completionMask.ts';
export {
  type FilterGroupsOptions,
  type FilterGroupsResult,
  filterGroups,
} from './groups/filterGroups.ts';
export { type RepeatedIndicesOptions, repeatedIndices } from './groups/repeatedIndices.ts';
export {
  addToBuffer,
  type ReplayBuffer,
  type ReplayBufferOptions,
  replayBuffer,
  type SampleBufferOptions,
  sampleBuffer,
} from './groups/replayBuffer.ts';
export {
  boundedK3,
  type KlEstimator,
  type KlEstimatorName,
  type KlTerm,
  klEstimators,
  VERL_KL_BOUNDS,
} from './kl/klEstimators.ts';
export {
  type TokenLogitsData,
  type TokenLogprobsResult,
  tokenLogprobs,
} from './logits/tokenLogprobs.ts';
export { highEntropyMask } from './loss/call/highEntropyMask.ts';
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
} from './loss/losses.ts';
export type { PackageLoss, PolicyLoss } from './loss/lossFunction.ts';
export {
  type MixtureComponent,
  type MixtureLossResult,
  mixtureLoss,
} from './loss/mixture/mixtureLoss.ts';
export type { PolicyBatch, PolicyObjective, TokenTerm } from './loss/objectives/policyObjective.ts';
export type {
  CallOptions,
  KlOptions,
  SharedOptions,
  StepTotals,
  TokenLossOptions,
} from './loss/options/sharedOptions.ts';
export { type PolicyLossCall, policyLoss } from './loss/policyLoss.ts';
export { type LossOptions, type PolicyLossName, policyLosses } from './loss/policyLosses.ts';
export {
  type AggregateLossOptions,
  aggregateLoss,
  lossWeights,
} from './loss/reduction/aggregateLoss.ts';
export { type StepBatch, stepTotals } from './loss/reduction/stepTotals.ts';
export { type GmpoOptions, gmpoLoss } from './loss/sequences/gmpoLoss.ts';
export {
  type TurnLoss,
  type TurnRatioOptions,
  turnRatioLoss,
} from './loss/sequences/turnRatioLoss.ts';
export { type SurrogateLoss, surrogateLoss } from './loss/surrogateLoss.ts';
export type { PolicyDataDefaults } from './loss/tokens/readPolicyData.ts';
export type { SurrogateLossDefaults } from './loss/tokens/tokenLoss.ts';
export { completionMetrics } from './metrics/completionMetrics.ts';
export { explainStep } from './metrics/explainStep.ts';
export { metricAliases } from './metrics/metricAliases.ts';
export { type IsStdZeroOptions, isStdZero, rewardMetrics } from './metrics/rewardMetrics.ts';
export {
  type ImportanceRatio,
  type LogRatio,
  type LogRatioData,
  tokenRatio,
} from './ratio/importanceRatio.ts';
export {
  gspoTokenRatio,
  type ImportanceSamplingLevel,
  importanceRatios,
  sequenceRatio,
} from './ratio/sequenceRatio.ts';
export { combineRewards } from './rewards/combineRewards.ts';
export {
  type CosineScaledRewardOptions,
  cosineScaledReward,
} from './rewards/cosineScaledReward.ts';
export { type KlInRewardData, klInReward } from './rewards/klInReward.ts';
export { type OverlongPenaltyOptions, overlongPenalty } from './rewards/overlongPenalty.ts';
export { type RepetitionPenaltyOptions, repetitionPenalty } from './rewards/repetitionPenalty.ts';
export { thinkFormatReward } from './rewards/thinkFormatReward.ts';
export {
  adaptiveEntropyCoef,
  appliedEntropyCoef,
  type EntropyControl,
  type EntropyControlOptions,
} from './schedule/adaptiveEntropyCoef.ts';
export { type AdaptiveKlCoefOptions, adaptiveKlCoef } from './schedule/adaptiveKlCoef.ts';
