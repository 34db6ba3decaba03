import { mustBe } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { onGrid } from '../base/onGrid.ts';
import { onRows, tokensOfGrid } from '../base/onRows.ts';
import { REQUIRED, readPolicyFields } from '../base/policyFields.ts';
import type { PolicyLossData, PolicyLossInput } from '../base/policyLossData.ts';
import { PER_TOKEN, type PolicyLossResult } from '../base/policyLossResult.ts';
import { readOptions } from '../base/readOptions.ts';
import { isAligned } from '../base/targetAligned.ts';
import { leavesLoss, withCallOptions } from './call/withCallOptions.ts';
import type { PackageLoss, PolicyLoss } from './lossFunction.ts';
import { OPTION_OWNERS } from './options/optionOwners.ts';
import {
  CALL_OPTIONS,
  type CallOptions,
  TOKEN_LOSS_OPTIONS,
  type TokenLossOptions,
} from './options/sharedOptions.ts';
import { type LossOptions, type PolicyLossName, policyLosses } from './policyLosses.ts';

/** A loss by name, with the options that it has and those of `policyLoss`. */
type NamedLossCall = {
  [N in PolicyLossName]: { lossType: N } & LossOptions<N> & CallOptions;
}[PolicyLossName];

/** A function of your own, with any options: they are handed on as they come. */
interface OwnLossCall extends CallOptions {
  lossType: PolicyLoss<never>;
  [option: string]: unknown;
}

/** Options of `policyLoss`. `lossType` is a name in `policyLosses`, or your own function. No default: it is what you train. */
export type PolicyLossCall = NamedLossCall | OwnLossCall;

const WHERE = 'policyLoss';

/**
 * A policy-gradient loss: value, gradient with respect to the log-probs, metrics. No tensors: feed the gradient into
 * whatever tape produced the log-probs.
 *
 *     r = exp(logprobs - oldLogprobs)     token loss = f(r, A) + beta * KL(logprobs, refLogprobs)     f: see each loss
 *     with the entropy and off-policy options: f is masked, and loss -= entropyCoef * mean entropy over the step
 *
 * @param data - flat `[B*T]` arrays with `completionMask` and `sequenceLength` (masked tokens are never read, so NaN there does
 * no harm), or the trained tokens alone: `[N]` arrays with `sequenceIds`, no mask. The numbers are the same.
 * @returns `loss`, `gradient` `[B*T]` (or `[N]`), `perTokenLoss`, `ratio`, `metrics` under TRL's names.
 * @param options - `lossType` and what that loss's formula has. Your own function gets its options as they came, and a grid.
 * @throws {GrpoError} `unknown-name` (with the nearest name), `option` (a value of the wrong kind, or an option of another
 * loss), `shape`, `missing`, `not-finite`, `double-correction`.
 *
 * @example
 * const data = { logprobs: [-1, -2, -1, 0], advantages: [1, -1], completionMask: [1, 1, 1, 0], sequenceLength: 2 };
 * const { loss, gradient } = policyLoss(data, { lossType: 'dapo' });
 * loss; // -0.3333
 * gradient; // Float64Array [-0.3333, -0.3333, 0.3333, 0]
 * const aligned = { logprobs: [-1, -2, -1], advantages: [1, -1], sequenceIds: [0, 0, 1] };
 * policyLoss(aligned, { lossType: 'dapo' }).gradient; // Float64Array [-0.3333, -0.3333, 0.3333]
 */
export function policyLoss(data: PolicyLossInput, options: PolicyLossCall): PolicyLossResult {
  const { lossType, call, rest } = readCall(options);
  const result =
    typeof lossType === 'function'
      ? ownLoss(data, lossType, { call, rest })
      : namedLoss(data, lookUp(`${WHERE}: unknown lossType`, NAMED, lossType), { call, rest });
  const { entropyCoef } = call;
  if (entropyCoef === undefined) return result;
  return { ...result, metrics: { ...result.metrics, entropy_coef: entropyCoef } };
}

/** What `policyLoss` does itself, and what is the loss's. */
interface Split {
  call: CallOptions;
  rest: TokenLossOptions;
}

/** The losses as they are called here: their options are checked by themselves. */
const NAMED = policyLosses as Readonly<Record<string, PackageLoss<object>>>;

function namedLoss(
  data: PolicyLossInput,
  loss: PackageLoss<object>,
  { call, rest }: Split,
): PolicyLossResult {
  const run = (given: PolicyLossInput) => loss(given, rest);
  if (leavesLoss(call)) {
    return run(isAligned(data) ? data : readPolicyFields(WHERE, data as PolicyLossData, REQUIRED));
  }
  const rows = (given: PolicyLossInput) =>
    onRows<PolicyLossData, PolicyLossResult>(given, {
      where: WHERE,
      required: REQUIRED,
      perToken: PER_TOKEN,
      run: (fields, tokens) => withCallOptions(fields, tokens, { run, call, totals: rest }),
    });
  if (typeof rest.importanceSamplingLevel !== 'function') return rows(data);
  return onGrid<PolicyLossData, PolicyLossResult>(data, {
    where: WHERE,
    run: rows, // a ratio of the caller's own reads a grid
    perToken: PER_TOKEN,
  });
}

/** A function of the caller's own: it gets a grid and its options, both as they came. */
function ownLoss(
  data: PolicyLossInput,
  loss: PolicyLoss<never>,
  { call, rest }: Split,
): PolicyLossResult {
  const run = (given: PolicyLossData) => (loss as PolicyLoss<object>)(given, rest);
  return onGrid<PolicyLossData, PolicyLossResult>(data, {
    where: WHERE,
    perToken: PER_TOKEN,
    run: (grid) =>
      leavesLoss(call)
        ? run(grid)
        : withCallOptions(grid, tokensOfGrid(WHERE, grid), { run, call, totals: rest }),
  });
}

/** Which loss, what this function does itself, and what is the loss's. */
function readCall(options: PolicyLossCall) {
  if (typeof (options ?? {}) !== 'object') throw mustBe(`${WHERE}: options`, 'an object', options);
  const { topEntropyQuantile, entropyCoef, offPolicyMaskThreshold, lossType, ...rest } = {
    ...options,
  };
  if (lossType === undefined || lossType === null) {
    const others = [CALL_OPTIONS, OPTION_OWNERS, TOKEN_LOSS_OPTIONS].flatMap(Object.keys);
    const known = ['lossType', ...others];
    for (const name of Object.keys(rest)) lookUp(`${WHERE}: unknown option`, known, name);
    throw new GrpoError('missing', `${WHERE}: needs lossType, a name or your own function.`);
  }
  const own = { topEntropyQuantile, entropyCoef, offPolicyMaskThreshold };
  return { lossType, call: readOptions(WHERE, own, { checks: CALL_OPTIONS }), rest };
}
