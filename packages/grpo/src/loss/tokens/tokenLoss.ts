import { notFinite } from '../../base/assertTokens.ts';
import { onGrid } from '../../base/onGrid.ts';
import { onRows, type RowFields } from '../../base/onRows.ts';
import { REQUIRED } from '../../base/policyFields.ts';
import type { PolicyLossData, PolicyLossInput } from '../../base/policyLossData.ts';
import { PER_TOKEN, type PolicyLossResult } from '../../base/policyLossResult.ts';
import type { Reduction } from '../../base/reduction.ts';
import type { TokenRows } from '../../base/tokenRows.ts';
import type { HeldRatioOf } from '../objectives/heldRatio.ts';
import type { LossFormula, TokenTerms } from '../objectives/lossFormula.ts';
import type { PolicyBatch } from '../objectives/policyObjective.ts';
import type { TokenLossOptions } from '../options/sharedOptions.ts';
import { stepWeights } from '../reduction/stepWeights.ts';
import { addKl } from './addKl.ts';
import { heldRatioOf, heldTerms } from './heldTerms.ts';
import { type PolicyDataDefaults, readPolicyData } from './readPolicyData.ts';
import { hasSequenceTerms, sequenceTerms } from './sequenceTerms.ts';
import { sumAt } from './sumAt.ts';

/** What a loss type fixes besides its formula. */
export interface SurrogateLossDefaults extends PolicyDataDefaults {
  /** Its reduction, unless the caller names one. */
  reduction: Reduction;
  /** `'batch'`: a token mean over `numItemsInBatch`; `'call'`: normalised by this call's own tokens. Default `'call'`. */
  normalizer?: 'batch' | 'call';
  /** The objective uses the importance weights itself (vespo). Default false. */
  ownsImportanceWeights?: boolean;
}

/** A loss of tokens: its formula, and what it fixes besides. */
interface TokenLossKind<Options extends object> extends SurrogateLossDefaults {
  formula: LossFormula<Options>;
  /** The formula reads ratios and advantages, and nothing else. Default false. */
  ratioAlone?: boolean;
  /** The formula as a ratio within bounds, where it is one. */
  held?: HeldRatioOf<Options>;
}

/**
 * A loss of tokens from its formula: everything around the formula is here, once.
 *
 *     token loss = tokenWeight * (objective * importanceWeight * objectiveMask + beta * KL)
 *     loss       = sum of weight * token loss                                (weights: see `lossWeights`)
 *
 * @param options - checked, defaults filled in.
 */
export function tokenLoss<O extends object>(
  data: PolicyLossInput,
  options: O & TokenLossOptions,
  loss: TokenLossKind<O>,
): PolicyLossResult {
  const where = loss.name;
  const run = (fields: RowFields<PolicyLossData>, tokens: TokenRows) =>
    lossOfRows({ fields, tokens }, options, loss);
  const rows = (given: PolicyLossInput) =>
    onRows<PolicyLossData, PolicyLossResult>(given, {
      where,
      required: REQUIRED,
      perToken: PER_TOKEN,
      run,
    });
  if (typeof options.importanceSamplingLevel !== 'function') return rows(data);
  return onGrid<PolicyLossData, PolicyLossResult>(data, { where, run: rows, perToken: PER_TOKEN }); // it reads a grid
}

function lossOfRows<O extends object>(
  data: { fields: PolicyLossData; tokens: TokenRows },
  options: O & TokenLossOptions,
  loss: TokenLossKind<O>,
): PolicyLossResult {
  if (hasSequenceTerms(data, options, loss)) {
    return sequenceTerms(data, options, { ...loss, ...stepWeights(data.tokens, options, loss) });
  }
  const held = heldRatioOf(data, options, loss);
  if (held) {
    const ofRows = stepWeights(data.tokens, options, loss);
    const result = heldTerms(data, options, { name: loss.name, held, ...ofRows });
    if (result) return result;
  }
  const { batch, logRatio } = readPolicyData(data, options, loss);
  const step = stepWeights(batch, options, loss);
  const run = loss.formula(batch, options);
  const oneGradient = isLogprobGradient(options, loss);
  const terms = newTerms(batch, oneGradient);
  run.terms(objectiveTokens(batch, loss), terms);
  if (batch.importanceWeights && !loss.ownsImportanceWeights) {
    multiply(terms, batch.importanceWeights, batch.trained);
  }
  const kl = addKl(terms, batch, { ...options, name: loss.name });
  const sum = weigh(terms, batch, { ...step, name: loss.name });
  if (!oneGradient) logRatio.backward(terms.dLogRatio, terms.dLogprob);
  return {
    loss: sum,
    gradient: terms.dLogprob,
    perTokenLoss: terms.loss,
    ratio: batch.ratio,
    metrics: {
      policy_loss: sum * step.accumulation,
      ...tokenMetrics(batch, kl),
      ...run.metrics?.(),
    },
    ...(batch.klValues && { klGradient: terms.dKl }),
  };
}

/**
 * Whether the gradient through the ratio is that of the log-prob: a ratio per token, which nothing holds. (With a KL there are
 * two terms, which have to be added in their order.)
 */
function isLogprobGradient(options: TokenLossOptions, loss: SurrogateLossDefaults): boolean {
  const { importanceSamplingLevel = loss.level ?? 'token', logRatioClamp, convention } = options;
  const held = logRatioClamp !== undefined || convention === 'verl';
  return importanceSamplingLevel === 'token' && !held && !options.beta;
}

/** Zeros. The derivatives to the exact KL are there where it is. */
function newTerms({ mask, klValues }: PolicyBatch, oneGradient: boolean): TokenTerms {
  const size = mask.length;
  const dLogprob = new Float64Array(size);
  return {
    loss: new Float64Array(size),
    dLogRatio: oneGradient ? dLogprob : new Float64Array(size),
    dLogprob,
    dKl: new Float64Array(klValues ? size : 0),
  };
}

/** The tokens whose objective counts: trained, kept, and not weighted with 0. */
function objectiveTokens(
  { trained, mask, kept, importanceWeights }: PolicyBatch,
  { ownsImportanceWeights = false }: SurrogateLossDefaults,
): Uint32Array {
  const weights = ownsImportanceWeights ? undefined : importanceWeights;
  if (kept === mask && weights === undefined) return trained;
  return trained.filter((i) => kept[i] !== 0 && weights?.[i] !== 0);
}

function multiply(terms: TokenTerms, factors: Float64Array, tokens: Uint32Array): void {
  for (const values of new Set([terms.loss, terms.dLogRatio, terms.dLogprob, terms.dKl])) {
    if (values.length === 0) continue;
    for (let k = 0; k < tokens.length; k++) values[tokens[k]!]! *= factors[tokens[k]!]!;
  }
}

interface Weighing {
  name: string;
  /** `[B]`, the weight of a token of each row. */
  weights: Float64Array;
  accumulation: number;
}

/** Puts the weights on the derivatives, in place, and gives the weighted sum of the losses. */
function weigh(
  terms: TokenTerms,
  batch: PolicyBatch,
  { name, weights, accumulation }: Weighing,
): number {
  const { rows, trained, trainedStarts, tokenWeights } = batch;
  const { loss, dLogRatio, dLogprob, dKl } = terms;
  const hasKl = dKl.length > 0;
  const oneGradient = dLogRatio === dLogprob;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const ofRow = weights[row]! / accumulation;
    const end = trainedStarts[row + 1]!;
    for (let k = trainedStarts[row]!; k < end; k++) {
      const i = trained[k]!;
      const own = loss[i]!;
      if (!Number.isFinite(own + dLogRatio[i]! + dLogprob[i]!)) {
        const what = `${name}: no finite loss (log ratio ${batch.logRatio[i]})`;
        throw notFinite(what, i, batch.starts);
      }
      const tokenWeight = tokenWeights === undefined ? 1 : tokenWeights[i]!;
      const weight = ofRow * tokenWeight;
      sum += weight * own;
      loss[i] = tokenWeight * own;
      dLogprob[i] = weight * dLogprob[i]! + 0; // -0 is 0
      if (!oneGradient) dLogRatio[i] = weight * dLogRatio[i]!;
      if (hasKl) dKl[i] = weight * dKl[i]!;
    }
  }
  return sum;
}

/** Means over the trained tokens of what every loss has. */
function tokenMetrics(
  { trained, tokenLogRatio, entropies }: PolicyBatch,
  kl: number | undefined,
): Record<string, number> {
  const count = trained.length || 1;
  return {
    ppo_kl: (0 - sumAt(tokenLogRatio, trained)) / count,
    ...(kl !== undefined && { kl }),
    ...(entropies && { entropy: sumAt(entropies, trained) / count }),
  };
}
