export { alphaSchedule } from './alphaSchedule.ts';
export {
  type DistillationData,
  type DistillationResult,
  distillationLoss,
} from './distill/distillationLoss.ts';
export {
  type DistillationLogitData,
  type DistillationLogitOptions,
  type DistillationLogitResult,
  distillationLossFromLogits,
} from './distill/distillationLossFromLogits.ts';
export {
  type DistillationLogprobData,
  type DistillationLogprobResult,
  distillationLossFromLogprobs,
} from './distill/distillationLossFromLogprobs.ts';
export type { DistillationOptions, DistillationTerm } from './distill/distillationOptions.ts';
export type {
  DistillationTokens,
  DistillationWeightsOptions,
} from './distill/distillationWeights.ts';
export type { Support } from './distill/supportTerm.ts';
export { crossEntropy, type DivergenceOptions, divergence, logSoftmax } from './divergence.ts';
export { MolLossError, type MolLossErrorCode } from './errors.ts';
export { type BlendData, type BlendOptions, blendAdvantages } from './methods/blendAdvantages.ts';
export { type EchoData, type EchoOptions, echoLoss } from './methods/echoLoss.ts';
export {
  FEEDBACK_DISTILLATION,
  type FeedbackDistillationOptions,
  feedbackDistillationLoss,
} from './methods/feedbackDistillationLoss.ts';
export {
  type RlsdData,
  type RlsdOptions,
  rlsdAdvantages,
  rlsdShare,
} from './methods/rlsdAdvantages.ts';
export {
  type RltfFeedbackData,
  type RltfFeedbackOptions,
  rltfFeedbackLoss,
} from './methods/rltfFeedbackLoss.ts';
export {
  type RltfSelfDistillationData,
  type RltfSelfDistillationOptions,
  rltfSelfDistillationLoss,
} from './methods/rltfSelfDistillationLoss.ts';
export { OPSD, opsdLoss, SDFT, type SdftOptions, sdftLoss } from './methods/sdftLoss.ts';
export { type SdpgData, type SdpgOptions, type SdpgResult, sdpgLoss } from './methods/sdpgLoss.ts';
export { SDPO, type SdpoOptions, sdpoLoss } from './methods/sdpoLoss.ts';
export type { TermResult } from './methods/termResult.ts';
export {
  type UnlikelyTokenOptions,
  unlikelyTokenAdvantages,
} from './methods/unlikelyTokenAdvantages.ts';
export { type MixedBatchOptions, mixedBatch } from './mixedBatch.ts';
export type {
  AlphaWeights,
  CeMixture,
  MixtureOptions,
  MixtureWeights,
  MolMixture,
  RoleTerm,
  RoleTerms,
} from './mixture.ts';
export type { MolComponent } from './molComponent.ts';
export type { MolLogitsOptions } from './molLogitsOptions.ts';
export {
  type MolCeData,
  type MolLossData,
  type MolLossResult,
  molLoss,
} from './molLoss.ts';
export {
  type MolLogitsData,
  type MolLogitsResult,
  molLossFromLogits,
} from './molLossFromLogits.ts';
export type { MolSize, MolTokens } from './molTokens.ts';
export { molTotals } from './molTotals.ts';
export {
  type MolTotals,
  type MolWeightsOptions,
  type MolWeightsResult,
  molWeights,
  type Normalizer,
} from './molWeights.ts';
export {
  type Component,
  ROLE_CODES,
  type Role,
  type Roles,
  roleCodes,
  type SelectRolesOptions,
  selectLargest,
  selectRoles,
} from './roles.ts';
export type { DivergenceKind, RowTerm } from './rowTerms.ts';
