export { alphaSchedule } from './alphaSchedule.ts';
export {
  crossEntropy,
  type DivergenceKind,
  type DivergenceOptions,
  divergence,
  logSoftmax,
  type RowTerm,
} from './divergence.ts';
export { MolLossError, type MolLossErrorCode } from './errors.ts';
export { type MixedBatchOptions, mixedBatch } from './mixedBatch.ts';
export { type MolComponent, type MolLossData, type MolLossResult, molLoss } from './molLoss.ts';
export {
  type MolLogitsData,
  type MolLogitsOptions,
  type MolLogitsResult,
  molLossFromLogits,
} from './molLossFromLogits.ts';
export {
  type MolTokens,
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
