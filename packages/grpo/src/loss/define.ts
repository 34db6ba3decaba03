import type { PolicyLossInput } from '../base/policyLossData.ts';
import type { PolicyLossResult } from '../base/policyLossResult.ts';
import { type OptionChecks, withDefaults } from '../base/readOptions.ts';
import type { PackageLoss } from './lossFunction.ts';
import type { HeldRatioOf } from './objectives/heldRatio.ts';
import type { LossFormula } from './objectives/lossFormula.ts';
import { readLossOptions } from './options/readLossOptions.ts';
import { TOKEN_LOSS_OPTIONS, type TokenLossOptions } from './options/sharedOptions.ts';
import { type SurrogateLossDefaults, tokenLoss } from './tokens/tokenLoss.ts';

/** A loss of tokens: the options of its formula, and those that all of them have. */
export type TokenLoss<Options = object> = PackageLoss<Options & TokenLossOptions>;

/** A loss of this package: a formula, its options, and what it fixes around them. */
interface Definition<O extends object> extends SurrogateLossDefaults {
  formula: LossFormula<O>;
  /** Kinds of the formula's own options. Default: it has none. */
  options?: OptionChecks<O>;
  /** The formula reads ratios and advantages, and nothing else: tokens that share both share its value. Default false. */
  ratioAlone?: boolean;
  /** The formula as a ratio within bounds, where it is one: computed in one loop. */
  held?: HeldRatioOf<O>;
  /** Defaults where they are not the formula's or the package's. */
  defaults?: Partial<O & TokenLossOptions>;
}

/** A loss from its definition; see `losses.ts`. */
export function define<O extends object>(definition: Definition<O>): TokenLoss<O> {
  const { formula, options: own, defaults = {}, ...fixed } = definition;
  let checks: OptionChecks<O & TokenLossOptions> | undefined; // made when first used: bundlers drop what is pure
  return (data: PolicyLossInput, given: O & TokenLossOptions): PolicyLossResult => {
    checks ??= { ...own, ...TOKEN_LOSS_OPTIONS } as OptionChecks<O & TokenLossOptions>; // of both
    const options = withDefaults(defaults, readLossOptions(fixed.name, given, checks));
    return tokenLoss(data, options, { formula, ...fixed });
  };
}
