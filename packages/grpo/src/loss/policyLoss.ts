import { assertFiniteTokens, assertLength } from '../base/assertTokens.ts';
import { mustBe } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { lookUp } from '../base/lookUp.ts';
import { REQUIRED, readPolicyFields } from '../base/policyFields.ts';
import type { PolicyLossData, PolicyLossInput } from '../base/policyLossData.ts';
import { readMask } from '../base/readMask.ts';
import { readOptions } from '../base/readOptions.ts';
import { onGrid } from '../base/targetAligned.ts';
import { offPolicyMask } from '../correction/offPolicyMask.ts';
import { withEntropyBonus } from './entropyBonus.ts';
import { highEntropyMask } from './highEntropyMask.ts';
import { CALL_OPTIONS, LOSS_OPTIONS, type LossOptions } from './lossOptions.ts';
import type { CallOptions, StepTotals } from './objectives/policyLossOptions.ts';
import { policyLosses } from './policyLosses.ts';
import {
  PER_TOKEN,
  type PolicyLoss,
  type PolicyLossName,
  type PolicyLossResult,
} from './policyLossResult.ts';

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
  return onGrid(WHERE, data, (grid: PolicyLossData) => lossOfGrid(grid, options), PER_TOKEN);
}

function lossOfGrid(data: PolicyLossData, options: PolicyLossCall): PolicyLossResult {
  const { lossType, call, rest } = readCall(options);
  if (typeof lossType === 'function') return withCallOptions(data, lossType, call, rest);
  const loss: PolicyLoss<never> = lookUp<PolicyLoss<never>>(
    WHERE,
    'lossType',
    policyLosses,
    lossType,
  );
  return withCallOptions(readPolicyFields(WHERE, data, REQUIRED), loss, call, rest);
}

/** Which loss, what this function does itself, and what is the loss's. */
function readCall(options: PolicyLossCall) {
  if (typeof (options ?? {}) !== 'object') throw mustBe(WHERE, 'options', 'an object', options);
  const { topEntropyQuantile, entropyCoef, offPolicyMaskThreshold, lossType, ...rest } = {
    ...options,
  };
  if (lossType === undefined || lossType === null) {
    const known = ['lossType', ...Object.keys(CALL_OPTIONS), ...Object.keys(LOSS_OPTIONS)];
    for (const name of Object.keys(rest)) lookUp(WHERE, 'option', known, name);
    throw new GrpoError('missing', `${WHERE}: needs lossType, a name or your own function.`);
  }
  const own = { topEntropyQuantile, entropyCoef, offPolicyMaskThreshold };
  return { lossType, call: readOptions(WHERE, own, CALL_OPTIONS), rest };
}

/** A loss with its objective masked, and the entropy bonus added. */
function withCallOptions(
  data: PolicyLossData,
  loss: PolicyLoss<never>,
  call: CallOptions,
  rest: StepTotals & object,
): PolicyLossResult {
  const run = loss as PolicyLoss<object>; // the loss checks its options, or takes them as they come
  const { topEntropyQuantile = 1, entropyCoef = 0, offPolicyMaskThreshold } = call;
  const log = (result: PolicyLossResult): PolicyLossResult =>
    call.entropyCoef === undefined
      ? result
      : { ...result, metrics: { ...result.metrics, entropy_coef: entropyCoef } };
  const needsEntropies = topEntropyQuantile < 1 || entropyCoef !== 0;
  if (!needsEntropies && offPolicyMaskThreshold === undefined) return log(run(data, rest));

  const { completionMask, sequenceLength } = data;
  assertLength(WHERE, 'completionMask', completionMask);
  const size = completionMask.length;
  const mask = readMask(WHERE, 'completionMask', completionMask, size, sequenceLength);
  const entropies = needsEntropies ? readEntropies(data, mask) : [];
  const uncertain =
    topEntropyQuantile < 1 ? highEntropyMask(entropies, mask, topEntropyQuantile) : mask;
  const onPolicy =
    offPolicyMaskThreshold === undefined ? mask : offPolicyMask(data, offPolicyMaskThreshold);
  const given =
    data.objectiveMask === undefined
      ? mask
      : readMask(WHERE, 'objectiveMask', data.objectiveMask, size, sequenceLength, mask);
  const objectiveMask = given.map((keep, i) => keep * uncertain[i]! * onPolicy[i]!);
  const result = log(run({ ...data, objectiveMask }, rest));
  if (entropyCoef === 0) return result;
  return withEntropyBonus(
    result,
    { entropies, trained: mask, chosen: uncertain },
    entropyCoef,
    rest,
  );
}

function readEntropies(data: PolicyLossData, mask: Uint8Array): ArrayLike<number> {
  const { entropies, sequenceLength } = data;
  if (entropies === undefined || entropies === null) {
    throw new GrpoError('missing', `${WHERE}: topEntropyQuantile and entropyCoef need entropies.`);
  }
  assertLength(WHERE, 'entropies', entropies, mask.length);
  assertFiniteTokens(WHERE, 'entropies', entropies, mask, sequenceLength);
  return entropies;
}
