export { alphaSchedule } from './alphaSchedule.ts';
export { crossEntropy, type DivergenceOptions, divergence, logSoftmax } from './divergence.ts';
export { MolLossError, type MolLossErrorCode } from './errors.ts';
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
