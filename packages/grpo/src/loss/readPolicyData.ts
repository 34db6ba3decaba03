import {
  assertFiniteTokens,
  assertLength,
  assertLogprobs,
  assertRolloutLogprobs,
  notFinite,
  placeOf,
  rowsOf,
} from '../base/assertTokens.ts';
import { mustBe } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { onTokens } from '../base/onTokens.ts';
import { POLICY_FIELDS, REQUIRED, readPolicyFields } from '../base/policyFields.ts';
import type { PolicyLossData } from '../base/policyLossData.ts';
import { readMask } from '../base/readMask.ts';
import { assertCorrectedOnce } from '../correction/doubleCorrection.ts';
import type { ImportanceRatio, LogRatio } from '../ratio/importanceRatio.ts';
import { checkedRatios, type ImportanceSamplingLevel } from '../ratio/sequenceRatio.ts';
import type { PolicyLossOptions } from './objectives/policyLossOptions.ts';
import type { PolicyBatch } from './objectives/policyObjective.ts';

/** verl's bound of |log ratio|. */
const VERL_LOG_RATIO_CLAMP = 20;

/** What a loss fixes of its inputs. */
export interface PolicyDataDefaults {
  /** Name in error messages. */
  name: string;
  /** Default `'token'`. */
  level?: ImportanceSamplingLevel | ImportanceRatio;
  /** The ratio is to `rolloutLogprobs`, which then must be complete, instead of to `oldLogprobs`. Default false. */
  againstSampler?: boolean;
}

/** Checks a loss's inputs, spreads per-sequence values over tokens, and takes the ratio. */
export function readPolicyData(
  given: PolicyLossData,
  options: PolicyLossOptions,
  { name, level: ownLevel = 'token', againstSampler = false }: PolicyDataDefaults,
): { batch: PolicyBatch; logRatio: LogRatio } {
  const data = readPolicyFields(name, given, REQUIRED);
  const { logprobs, rolloutLogprobs, sequenceLength } = data;
  assertLength(name, 'logprobs', logprobs);
  const size = logprobs.length;
  const rows = rowsOf(name, size, sequenceLength);
  const mask = readMask(name, 'completionMask', data.completionMask, size, sequenceLength);
  assertTokenFields(name, data, mask);
  if (rolloutLogprobs !== undefined) {
    assertLength(name, 'rolloutLogprobs', rolloutLogprobs, size);
    assertRolloutLogprobs(name, rolloutLogprobs, mask, sequenceLength, againstSampler);
  } else if (againstSampler) {
    throw new GrpoError('missing', `${name}: needs rolloutLogprobs.`);
  }
  const oldLogprobs = againstSampler ? rolloutLogprobs : data.oldLogprobs;
  const layout = { name, mask, rows, sequenceLength };
  const advantages = onTokens(layout, 'advantages', data.advantages);
  assertFiniteTokens(name, 'advantages', advantages, mask, sequenceLength);
  const importanceWeights =
    data.importanceWeights === undefined
      ? undefined
      : onTokens(layout, 'importanceWeights', data.importanceWeights);
  if (importanceWeights) {
    assertWeights(name, importanceWeights, mask, sequenceLength);
    assertCorrectedOnce(name, { importanceWeights, oldLogprobs, rolloutLogprobs, mask });
  }

  const { importanceSamplingLevel: level = ownLevel } = options;
  const { logRatioClamp = options.convention === 'verl' ? VERL_LOG_RATIO_CLAMP : Infinity } =
    options;
  const logRatio = ratioOf(level, data, { oldLogprobs, mask, logRatioClamp, name });
  const ratio = new Float64Array(size);
  for (let i = 0; i < size; i++) ratio[i] = Math.exp(logRatio.values[i]!);
  const batch: PolicyBatch = {
    ...data,
    oldLogprobs: oldLogprobs ?? logprobs,
    mask,
    kept:
      data.objectiveMask === undefined
        ? mask
        : readMask(name, 'objectiveMask', data.objectiveMask, size, sequenceLength, mask),
    advantages,
    perSequence: data.advantages.length === rows,
    sequenceRatio: logRatio.perSequence,
    logRatio: logRatio.values,
    tokenLogRatio: logRatio.tokens,
    ratio,
    importanceWeights,
    importancePerSequence: data.importanceWeights?.length === rows,
    rows,
  };
  return { batch, logRatio };
}

/** The ratio by its name, or by the caller's function. */
function ratioOf(
  level: ImportanceSamplingLevel | ImportanceRatio,
  { logprobs, sequenceLength }: PolicyLossData,
  checked: {
    oldLogprobs: ArrayLike<number> | undefined;
    mask: Uint8Array;
    logRatioClamp: number;
    name: string;
  },
): LogRatio {
  const { oldLogprobs, mask, logRatioClamp, name } = checked;
  if (typeof level === 'string') {
    const data = { logprobs, oldLogprobs: oldLogprobs ?? logprobs, mask, sequenceLength };
    return checkedRatios[level](data, logRatioClamp);
  }
  const data = { logprobs, oldLogprobs, completionMask: mask, sequenceLength };
  const own: Partial<LogRatio> | undefined = level(data, logRatioClamp);
  if (own?.values?.length === mask.length && own.tokens && own.backward) return own as LogRatio; // all of its parts are there
  throw mustBe(name, 'importanceSamplingLevel', 'a function that gives a LogRatio', own);
}

/** Lengths and values of what has one value per token. */
function assertTokenFields(name: string, data: PolicyLossData, mask: Uint8Array): void {
  for (const [field, rule] of Object.entries(POLICY_FIELDS)) {
    const values = data[field as 'logprobs' | 'entropies']; // those with a rule are arrays
    if (rule === 'other' || values === undefined) continue;
    assertLength(name, field, values, mask.length);
    if (rule === 'any') continue;
    const check = rule === 'logprob' ? assertLogprobs : assertFiniteTokens;
    check(name, field, values, mask, data.sequenceLength);
  }
}

/** Importance weights are ratios or masks: not negative. */
function assertWeights(
  name: string,
  weights: Float64Array,
  mask: Uint8Array,
  sequenceLength: number,
): void {
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (mask[i] === 0 || (weight >= 0 && weight < Infinity)) continue;
    if (!Number.isFinite(weight)) {
      throw notFinite(`${name}: importanceWeights is ${weight}`, i, sequenceLength);
    }
    throw new GrpoError(
      'option',
      `${name}: importanceWeights must be >= 0, got ${weight} at ${placeOf(i, sequenceLength)}.`,
    );
  }
}
