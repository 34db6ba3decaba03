import { array, callable, flag, mustBe, oneOf, oneOfOrFunction, text } from '../base/checks.ts';
import type { PolicyLossInput } from '../base/policyLossData.ts';
import type { PolicyLossResult } from '../base/policyLossResult.ts';
import { type OptionChecks, readOptions } from '../base/readOptions.ts';
import { REDUCTIONS } from '../base/reduction.ts';
import { importanceRatios } from '../ratio/sequenceRatio.ts';
import type { LossFormula } from './objectives/lossFormula.ts';
import type { PolicyObjective, TokenTerm } from './objectives/policyObjective.ts';
import { TOKEN_LOSS_OPTIONS, type TokenLossOptions } from './options/sharedOptions.ts';
import { type SurrogateLossDefaults, tokenLoss } from './tokens/tokenLoss.ts';

/** A loss type of your own: its formula, and what it fixes besides. `Options` is what the formula reads. */
export interface SurrogateLoss<Options extends object = object> extends SurrogateLossDefaults {
  objective: PolicyObjective<Options & TokenLossOptions>;
  /** The names of the formula's own options, so that a misspelt one can be told. Their values are yours to check. */
  options?: readonly (keyof Options & string)[];
}

/**
 * A policy-gradient loss from its formula: everything around the objective is the package's.
 *
 *     token loss = tokenWeight * (objective * importanceWeight * objectiveMask + beta * KL)
 *     loss       = sum of weight * token loss                                (weights: see `lossWeights`)
 *
 * The gradient is closed form: d loss / d logprob, through the ratio (token or sequence) and directly.
 *
 * @param options - those that all losses of tokens have, and those that `loss.options` names.
 * @param loss - the objective (it computes one token's loss and its derivatives), the loss's name and its reduction.
 * @throws {GrpoError} `shape`, `missing`, `option`, `unknown-name`, `not-finite` (the first token whose input or loss is not a
 * number).
 *
 * @example
 * const mine = ({ ratio, advantages }) => ({
 *   term(i, out) {
 *     out.loss = -ratio[i] * advantages[i];
 *     out.dLogRatio = out.loss;
 *   },
 * });
 * const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 1], sequenceLength: 2 };
 * surrogateLoss(data, {}, { objective: mine, name: 'mine', reduction: 'token-mean' }).gradient; // Float64Array [-0.5, -0.5]
 */
export function surrogateLoss<Options extends object = object>(
  data: PolicyLossInput,
  options: Options & TokenLossOptions,
  loss: SurrogateLoss<Options>,
): PolicyLossResult {
  const required = ['objective', 'name', 'reduction'] as const;
  const {
    objective,
    options: names = [],
    ...fixed
  } = readOptions<SurrogateLoss<Options>>('surrogateLoss', loss, {
    checks: CHECKS as unknown as OptionChecks<SurrogateLoss<Options>>,
    required,
  });
  const own = Object.fromEntries(names.map((name) => [name, () => {}]));
  const checks = { ...own, ...TOKEN_LOSS_OPTIONS } as OptionChecks<Options & TokenLossOptions>; // of both
  const given = readOptions<Options & TokenLossOptions>(fixed.name, options, { checks });
  return tokenLoss(data, given, { formula: inTurn(objective, fixed.name), ...fixed });
}

/** An objective, asked for one token after the other. */
function inTurn<Options extends object>(
  objective: PolicyObjective<Options>,
  name: string,
): LossFormula<Options> {
  return (batch, options) => {
    const run = objective(batch, options);
    if (typeof run?.term !== 'function') {
      throw mustBe(`${name}: objective`, 'a function that gives { term }', run);
    }
    const out: TokenTerm = { loss: 0, dLogRatio: 0, dLogprob: 0, dKl: 0 };
    return {
      terms(tokens, { loss, dLogRatio, dLogprob, dKl }) {
        for (const i of tokens) {
          out.loss = out.dLogRatio = out.dLogprob = out.dKl = 0;
          run.term(i, out);
          loss[i] = out.loss;
          dLogRatio[i]! += out.dLogRatio; // may be one array
          dLogprob[i]! += out.dLogprob;
          if (dKl.length > 0) dKl[i] = out.dKl;
        }
      },
      metrics: () => run.metrics?.() ?? {},
    };
  };
}

const CHECKS: OptionChecks<SurrogateLoss> = /* @__PURE__ */ (() => ({
  objective: callable,
  options: array,
  name: text,
  level: oneOfOrFunction(importanceRatios),
  againstSampler: flag,
  reduction: oneOf(REDUCTIONS),
  normalizer: oneOf(['batch', 'call']),
  ownsImportanceWeights: flag,
}))();
