import {
  assertLength,
  assertRolloutLogprobs,
  notFinite,
  placeOf,
} from '../../base/assertTokens.ts';
import { mustBe } from '../../base/checks.ts';
import { GrpoError } from '../../base/errors.ts';
import { onTokens } from '../../base/onTokens.ts';
import { POLICY_FIELDS } from '../../base/policyFields.ts';
import type { PolicyLossData } from '../../base/policyLossData.ts';
import { type Numbers, numbersOf, readColumn } from '../../base/readColumn.ts';
import { readMask } from '../../base/readMask.ts';
import type { TokenRows } from '../../base/tokenRows.ts';
import { assertCorrectedOnce } from '../../correction/doubleCorrection.ts';
import type { ImportanceRatio, LogRatio, LogRatioData } from '../../ratio/importanceRatio.ts';
import { checkedRatios, type ImportanceSamplingLevel } from '../../ratio/sequenceRatio.ts';
import type { PolicyBatch } from '../objectives/policyObjective.ts';
import type { TokenLossOptions } from '../options/sharedOptions.ts';

type RatioOptions = Pick<
  TokenLossOptions,
  'importanceSamplingLevel' | 'logRatioClamp' | 'convention'
>;

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
  { fields: data, tokens }: { fields: PolicyLossData; tokens: TokenRows },
  options: RatioOptions,
  { name, level: ownLevel = 'token', againstSampler = false }: PolicyDataDefaults,
): { batch: PolicyBatch; logRatio: LogRatio } {
  const { mask, starts, rows } = tokens;
  const columns = readColumns(name, data, tokens);
  const sampled = readSampled(name, data, { tokens, againstSampler });
  const oldLogprobs = againstSampler ? sampled : columns.oldLogprobs;
  const advantages = onTokens(name, { name: 'advantages', values: data.advantages }, tokens);
  readColumn(name, { name: 'advantages', values: advantages, kind: 'number' }, tokens);
  const importanceWeights = readWeights(name, data, tokens);
  if (importanceWeights) {
    const old = againstSampler ? data.rolloutLogprobs : data.oldLogprobs;
    const ratio = { oldLogprobs: old, rolloutLogprobs: data.rolloutLogprobs, mask };
    assertCorrectedOnce(name, { importanceWeights, ...ratio });
  }
  const { logprobs } = columns;
  const { importanceSamplingLevel: level = ownLevel } = options;
  const { logRatioClamp = options.convention === 'verl' ? VERL_LOG_RATIO_CLAMP : Infinity } =
    options;
  const logRatio =
    typeof level === 'string'
      ? checkedRatios[level](
          { logprobs, oldLogprobs: oldLogprobs ?? logprobs, tokens },
          logRatioClamp,
        )
      : ownRatio(level, { ...data, oldLogprobs, completionMask: mask }, { name, logRatioClamp });
  const onPolicy = oldLogprobs === undefined && typeof level === 'string';
  const batch: PolicyBatch = {
    ...columns,
    ...tokens,
    turns: data.turns,
    oldLogprobs: oldLogprobs ?? logprobs,
    kept:
      data.objectiveMask === undefined
        ? mask
        : readMask(
            name,
            { objectiveMask: data.objectiveMask },
            { length: mask.length, layout: starts, within: mask },
          ),
    advantages,
    perSequence: data.advantages.length === rows,
    sequenceRatio: logRatio.perSequence,
    logRatio: logRatio.values,
    tokenLogRatio: logRatio.tokens,
    ratio: ratioFrom(logRatio.values, tokens, onPolicy ? 'none' : level),
    importanceWeights,
    importancePerSequence: data.importanceWeights?.length === rows,
  };
  return { batch, logRatio };
}

/** exp of the log ratio: 1 on-policy and where masked, and once a row where its tokens share it. */
function ratioFrom(
  values: Float64Array,
  { rows, starts, trained, mask }: TokenRows,
  level: ImportanceSamplingLevel | ImportanceRatio | 'none',
): Float64Array {
  if (typeof level === 'function') return values.map((log) => Math.exp(log));
  const ratio = new Float64Array(mask.length);
  if (level === 'none') return ratio.fill(1);
  if (level !== 'token') {
    for (let row = 0; row < rows; row++) {
      ratio.fill(Math.exp(values[starts[row]!]!), starts[row]!, starts[row + 1]!);
    }
    return ratio;
  }
  if (trained.length < mask.length) ratio.fill(1);
  for (let k = 0; k < trained.length; k++) {
    const i = trained[k]!;
    ratio[i] = Math.exp(values[i]!);
  }
  return ratio;
}

/** A ratio of the caller's own: it reads a grid. */
function ownRatio(
  level: ImportanceRatio,
  { logprobs, oldLogprobs, completionMask, sequenceLength }: LogRatioData,
  { name, logRatioClamp }: { name: string; logRatioClamp: number },
): LogRatio {
  const data = { logprobs, oldLogprobs, completionMask, sequenceLength };
  const own: Partial<LogRatio> | undefined = level(data, logRatioClamp);
  const size = completionMask.length;
  if (own?.values?.length === size && own.tokens && own.backward) return own as LogRatio; // all of its parts are there
  throw mustBe(`${name}: importanceSamplingLevel`, 'a function that gives a LogRatio', own);
}

/** What has one value per token, lengths and values checked. */
export function readColumns(name: string, data: PolicyLossData, tokens: TokenRows): Columns {
  const columns: { -readonly [K in keyof PolicyLossData]?: Numbers } = {};
  for (const field of Object.keys(POLICY_FIELDS) as (keyof PolicyLossData)[]) {
    const kind = POLICY_FIELDS[field];
    const values = data[field] as ArrayLike<number> | undefined; // those with a kind are arrays
    if (kind === 'other' || values === undefined) continue;
    if (kind === 'any') assertLength(name, { [field]: values }, tokens.mask.length);
    else columns[field] = readColumn(name, { name: field, values, kind }, tokens);
  }
  return columns as Columns; // logprobs is required
}

type Columns = { logprobs: Numbers } & {
  [K in 'oldLogprobs' | 'refLogprobs' | 'entropies' | 'tokenWeights' | 'klValues']?: Numbers;
};

/** The sampler's log-probs, where they were given or are needed. */
export function readSampled(
  name: string,
  { rolloutLogprobs }: PolicyLossData,
  { tokens, againstSampler }: { tokens: TokenRows; againstSampler: boolean },
): Numbers | undefined {
  if (rolloutLogprobs === undefined) {
    if (againstSampler) throw new GrpoError('missing', `${name}: needs rolloutLogprobs.`);
    return undefined;
  }
  const { mask, starts } = tokens;
  assertLength(name, { rolloutLogprobs }, mask.length);
  assertRolloutLogprobs(
    name,
    { rolloutLogprobs },
    { mask, layout: starts, complete: againstSampler },
  );
  return numbersOf(rolloutLogprobs);
}

/** Importance weights are ratios or masks: not negative. */
function readWeights(
  name: string,
  { importanceWeights: values }: PolicyLossData,
  tokens: TokenRows,
): Float64Array | undefined {
  if (values === undefined) return undefined;
  const weights = onTokens(name, { name: 'importanceWeights', values }, tokens);
  for (const i of tokens.trained) {
    const weight = weights[i]!;
    if (weight >= 0 && weight < Infinity) continue;
    if (!Number.isFinite(weight)) {
      throw notFinite(`${name}: importanceWeights is ${weight}`, i, tokens.starts);
    }
    throw new GrpoError(
      'option',
      `${name}: importanceWeights must be >= 0, got ${weight} at ${placeOf(i, tokens.starts)}.`,
    );
  }
  return weights;
}
