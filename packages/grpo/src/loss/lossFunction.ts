import type { PolicyLossData, PolicyLossInput } from '../base/policyLossData.ts';
import type { PolicyLossResult } from '../base/policyLossResult.ts';
import type { TokenLossOptions } from './options/sharedOptions.ts';

/** A loss of this package: it takes both forms of the data. */
export type PackageLoss<Options> = (data: PolicyLossInput, options: Options) => PolicyLossResult;

/** A loss of your own, or of the registry; `Options` is what it reads. It gets a grid. */
export type PolicyLoss<Options = TokenLossOptions> = (
  data: PolicyLossData,
  options: Options,
) => PolicyLossResult;
