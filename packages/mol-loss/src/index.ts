export { MolLossError, type MolLossErrorCode } from './base/errors.ts';
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
export {
  crossEntropy,
  type DivergenceOptions,
  divergence,
  logSoftmax,
} from './divergence/divergence.ts';
export type { DivergenceKind, RowTerm } from './divergence/rowTerms.ts';
export { type BlendData, type BlendOptions, blendAdvantages } from './methods/blendAdvantages.ts';
export { type EchoData, type EchoOptions, echoLoss } from './methods/echoLoss.ts';
export {
  FEEDBACK_DISTILLATION,
  type FeedbackDistillationOptions,
  feedbackDistillationLoss,
} from './methods/feedbackDistillationLoss.ts';
export { OPSD, opsdLoss } from './methods/opsdLoss.ts';
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
export { SDFT, type SdftOptions, sdftLoss } from './methods/sdftLoss.ts';
export { type SdpgData, type SdpgOptions, type SdpgResult, sdpgLoss } from './methods/sdpgLoss.ts';
export { SDPO, type SdpoOptions, sdpoLoss } from './methods/sdpoLoss.ts';
export type { TermResult } from './methods/termResult.ts';
export {
  type UnlikelyTokenOptions,
  unlikelyTokenAdvantages,
} from './methods/unlikelyTokenAdvantages.ts';
export { alphaSchedule } from './mol/alphaSchedule.ts';
export { type MixedBatchOptions, mixedBatch } from './mol/mixedBatch.ts';
export type {
  AlphaWeights,
  CeMixture,
  MixtureOptions,
  MixtureWeights,
  MolMixture,
  RoleTerm,
  RoleTerms,
} from './mol/mixture.ts';
export type { MolComponent } from './mol/molComponent.ts';
export type { MolLogitsOptions } from './mol/molLogitsOptions.ts';
export {
  type MolCeData,
  type MolLossData,
  type MolLossResult,
  molLoss,
} from './mol/molLoss.ts';
export {
  type MolLogitsData,
  type MolLogitsResult,
  molLossFromLogits,
} from './mol/molLossFromLogits.ts';
export type { MolSize, MolTokens } from './mol/molTokens.ts';
export { molTotals } from './mol/molTotals.ts';
export {
  type MolTotals,
  type MolWeightsOptions,
  type MolWeightsResult,
  molWeights,
  type Normalizer,
} from './mol/molWeights.ts';
export {
  type Component,
  ROLE_CODES,
  type Role,
  type Roles,
  roleCodes,
  type SelectRolesOptions,
  selectLargest,
  selectRoles,
} from './mol/roles.ts';
