import { assertFiniteTokens, assertLength, rowsOf } from './assertTokens.ts';
import { readMask } from './base/readMask.ts';
import { GrpoError, needsPolicyLoss } from './errors.ts';
import { type ImportanceRatio, type LogRatio, tokenRatio } from './importanceRatio.ts';
import type { PolicyBatch, PolicyLossData, PolicyLossOptions } from './policyLossTypes.ts';

/** verl's bound of |log ratio|. */
const VERL_LOG_RATIO_CLAMP = 20;

/** Inputs of one value per token. The sampler's log-probs may be NaN: not reported. */
const PER_TOKEN = [
  'logprobs',
  'oldLogprobs',
  'refLogprobs',
  'rolloutLogprobs',
  'entropies',
  'tokenWeights',
  'objectiveMask',
  'klValues',
] as const;

/** Checks a loss's inputs, spreads per-sequence values over tokens, and takes the ratio. */
export function readPolicyData(
  data: PolicyLossData,
  options: PolicyLossOptions,
  defaults: { name: string; level?: ImportanceRatio },
): { batch: PolicyBatch; logRatio: LogRatio } {
  const { name } = defaults;
  const { logprobs, completionMask, sequenceLength, importanceWeights } = data;
  const size = logprobs.length;
  const rows = rowsOf(name, size, sequenceLength);
  const mask = readMask(name, 'completionMask', completionMask, size, sequenceLength);
  for (const key of PER_TOKEN) {
    const values = data[key];
    if (values) assertLength(name, key, values, size);
    if (values && key !== 'rolloutLogprobs') {
      assertFiniteTokens(name, key, values, mask, sequenceLength);
    }
  }
  if (importanceWeights && data.oldLogprobs && data.oldLogprobs === data.rolloutLogprobs) {
    throw new GrpoError(
      'double-correction',
      `${name}: the ratio to rolloutLogprobs corrects the sampler already. Drop importanceWeights.`,
    );
  }
  const advantages = onTokens(name, 'advantages', data.advantages, rows, sequenceLength);
  assertFiniteTokens(name, 'advantages', advantages, mask, sequenceLength);

  const { importanceSamplingLevel: level = defaults.level ?? tokenRatio } = options;
  const ratioOf = level === 'token' ? tokenRatio : level;
  if (typeof ratioOf === 'string') throw needsPolicyLoss(name, `level '${ratioOf}'`);
  const { logRatioClamp = options.convention === 'verl' ? VERL_LOG_RATIO_CLAMP : Infinity } =
    options;
  const logRatio = ratioOf(data, logRatioClamp);
  const ratio = new Float64Array(size);
  for (let i = 0; i < size; i++) ratio[i] = Math.exp(logRatio.values[i]!);
  const batch: PolicyBatch = {
    ...data,
    oldLogprobs: data.oldLogprobs ?? logprobs,
    mask,
    advantages,
    perSequence: data.advantages.length === rows,
    sequenceRatio: logRatio.perSequence,
    logRatio: logRatio.values,
    tokenLogRatio: logRatio.tokens,
    ratio,
    importanceWeights:
      importanceWeights &&
      onTokens(name, 'importanceWeights', importanceWeights, rows, sequenceLength),
    importancePerSequence: importanceWeights?.length === rows,
    rows,
  };
  return { batch, logRatio };
}

/** `[B]` or `[B*T]` as `[B*T]`. */
function onTokens(
  name: string,
  key: string,
  values: ArrayLike<number>,
  rows: number,
  sequenceLength: number,
): Float64Array {
  const size = rows * sequenceLength;
  if (values.length !== rows && values.length !== size) {
    throw new GrpoError(
      'shape',
      `${name}: ${key} must have ${rows} or ${size} values, got ${values.length}.`,
    );
  }
  const span = size / values.length; // tokens that share a value
  const out = new Float64Array(size);
  for (let k = 0; k < values.length; k++) out.fill(values[k]!, k * span, (k + 1) * span);
  return out;
}
