import { LOGPROB_ROUNDING } from '../../base/assertTokens.ts';
import type { PolicyLossData } from '../../base/policyLossData.ts';
import type { PolicyLossResult } from '../../base/policyLossResult.ts';
import { type Numbers, numbersOf } from '../../base/readColumn.ts';
import { type TokenRows, trainedCount, trainedIn } from '../../base/tokenRows.ts';
import type { HeldRatio, HeldRatioOf } from '../objectives/heldRatio.ts';
import type { TokenLossOptions } from '../options/sharedOptions.ts';
import { type KlTerms, readEstimator } from './addKl.ts';
import { type PolicyDataDefaults, readSampled } from './readPolicyData.ts';

interface RowData {
  fields: PolicyLossData;
  tokens: TokenRows;
}

/** A loss of held ratios, after `heldRatioOf`. */
interface HeldLoss {
  name: string;
  held: HeldRatio;
  /** `[B]`, the weight of a token of each row, of this call. */
  weights: Float64Array;
  accumulation: number;
}

/**
 * The loss as a ratio within bounds, where it is one: each token has its own ratio, each sequence its advantage, and no factors
 * enter. (What has not the length of the tokens is left to the general way, which says so.)
 */
export function heldRatioOf<O extends object>(
  { fields, tokens }: RowData,
  options: O & TokenLossOptions,
  loss: PolicyDataDefaults & { held?: HeldRatioOf<O> | undefined },
): HeldRatio | undefined {
  const { importanceSamplingLevel: level = loss.level ?? 'token', logRatioClamp, beta } = options;
  const { importanceWeights, tokenWeights, objectiveMask, klValues, turns } = fields;
  if (!loss.held || loss.againstSampler || level !== 'token') return undefined;
  const more = importanceWeights ?? tokenWeights ?? objectiveMask ?? klValues ?? turns;
  if ((more ?? logRatioClamp) !== undefined || options.convention === 'verl') return undefined;
  const { logprobs, oldLogprobs, refLogprobs, entropies, advantages } = fields;
  if (beta && (refLogprobs === undefined || options.klEstimator === 'exact')) return undefined;
  const columns = [logprobs, oldLogprobs, refLogprobs, entropies];
  const size = tokens.mask.length;
  const fits = columns.every((values) => values === undefined || values?.length === size);
  return fits && advantages?.length === tokens.rows ? loss.held(options) : undefined;
}

/**
 * `tokenLoss` of a held ratio: one loop from the log-probs to the gradient, equal to the general way to the bit. Undefined
 * where a number is not finite, or no log-prob: the general way names its place.
 */
export function heldTerms(
  { fields, tokens }: RowData,
  options: TokenLossOptions,
  { name, held, weights, accumulation }: HeldLoss,
): PolicyLossResult | undefined {
  const size = tokens.mask.length;
  const logprobs = numbersOf(fields.logprobs);
  const advantages = numbersOf(fields.advantages);
  const { oldLogprobs, refLogprobs, entropies } = fields;
  const tally = held.tally();
  const work: Work = {
    mask: tokens.mask,
    logprobs,
    oldLogprobs: oldLogprobs === undefined ? logprobs : numbersOf(oldLogprobs),
    refLogprobs: refLogprobs && numbersOf(refLogprobs),
    entropies: entropies && numbersOf(entropies),
    kl: readEstimator(options),
    weighsLogprob: held.weighsLogprob,
    gradient: new Float64Array(size),
    perTokenLoss: new Float64Array(size),
    ratio: new Float64Array(size),
    of: new Float64Array(6),
    sums: new Float64Array(8),
  };
  const { of, sums, gradient, perTokenLoss, ratio } = work;
  for (let row = 0; row < tokens.rows; row++) {
    const advantage = advantages[row]!;
    const [from, to] = [tokens.starts[row]!, tokens.starts[row + 1]!];
    const weight = weights[row]! / accumulation;
    const bounds = advantage > 0 ? held.up : held.down;
    const trained = trainedIn(tokens, row);
    if (trained > 0 && !Number.isFinite(advantage)) return undefined;
    const { least, most, low = -Infinity, high = Infinity } = bounds;
    of.set([advantage, weight, least, most, low, high]);
    let below = 0;
    let above = 0;
    for (let at = from; at < to; at += STRETCH) {
      addTokens(work, at, Math.min(to, at + STRETCH));
      below += sums[BELOW]!;
      above += sums[ABOVE]!;
    }
    tally.add({ below, above, advantage, tokens: trained });
  }
  const loss = sums[SUM.loss]!;
  if (!sums.every(Number.isFinite)) return undefined;
  readSampled(name, fields, { tokens, againstSampler: false });
  const count = trainedCount(tokens) || 1;
  const metrics = {
    policy_loss: loss * accumulation,
    ppo_kl: (0 - sums[SUM.logRatio]!) / count,
    ...(work.kl && { kl: sums[SUM.kl]! / count }),
    ...(entropies && { entropy: sums[SUM.entropy]! / count }),
    ...tally.metrics(),
  };
  return { loss, gradient, perTokenLoss, ratio, metrics };
}

/** What the loop reads and writes. */
interface Work {
  readonly mask: Uint8Array;
  readonly logprobs: Numbers;
  readonly oldLogprobs: Numbers;
  readonly refLogprobs: Numbers | undefined;
  readonly entropies: Numbers | undefined;
  readonly kl: KlTerms | undefined;
  readonly weighsLogprob: boolean;
  readonly gradient: Float64Array;
  readonly perTokenLoss: Float64Array;
  readonly ratio: Float64Array;
  /** Of one sequence, as `OF` has them. */
  readonly of: Float64Array;
  /** Over the trained tokens, as `SUM` has them; what is not finite shows in them. */
  readonly sums: Float64Array;
}

/** Tokens of one call of the loop: with whole rows, V8 (Node 20) stayed in code that it had replaced in the middle of the loop, at 1.6 times the time. */
const STRETCH = 128;

/** Where the numbers of a sequence stand. */
const OF = { advantage: 0, weight: 1, least: 2, most: 3, low: 4, high: 5 } as const;
/** Where the sums over all of them stand, and after them the counts of the last. */
const SUM = { loss: 0, gradient: 1, logRatio: 2, ref: 3, kl: 4, entropy: 5 } as const;
const BELOW = 6;
const ABOVE = 7;

/**
 * Tokens of one sequence: their terms into the results, their sums, and how many ratios lie beyond. (Numbers come and go in
 * arrays: of those in objects V8 does not know that they are numbers, and may put a sum into an object of its own at every token.)
 */
function addTokens(work: Work, from: number, to: number): void {
  const { mask, logprobs, oldLogprobs, refLogprobs, entropies, kl, weighsLogprob } = work;
  const { gradient, perTokenLoss, ratio, of, sums } = work;
  const advantage = of[OF.advantage]!;
  const weight = of[OF.weight]!;
  const least = of[OF.least]!;
  const most = of[OF.most]!;
  const low = of[OF.low]!;
  const high = of[OF.high]!;
  const heldSlope = weighsLogprob ? 1 : 0; // a constant weight is trained whether it is held or not
  let lossSum = sums[SUM.loss]!;
  let gradientSum = sums[SUM.gradient]!;
  let logRatioSum = sums[SUM.logRatio]!;
  let refSum = sums[SUM.ref]!;
  let klSum = sums[SUM.kl]!;
  let entropySum = sums[SUM.entropy]!;
  let below = 0;
  let above = 0;
  let highest = -Infinity;
  for (let i = from; i < to; i++) {
    if (mask[i] === 0) {
      ratio[i] = 1;
      continue;
    }
    const logprob = logprobs[i]!;
    const old = oldLogprobs[i]!;
    const step = logprob - old;
    const r = step === 0 ? 1 : Math.exp(step);
    if (logprob > highest) highest = logprob;
    if (old > highest) highest = old;
    let held = r;
    let slope = 1;
    if (r > most) {
      held = most;
      slope = heldSlope;
    } else if (r < least) {
      held = least;
      slope = heldSlope;
    }
    const gain = held * advantage;
    let loss = 0 - (weighsLogprob ? gain * logprob : gain);
    let own = weight * (slope * -gain) + 0; // -0 is 0
    if (refLogprobs !== undefined) {
      const ref = refLogprobs[i]!;
      if (ref > highest) highest = ref;
      refSum += ref;
      if (kl !== undefined) {
        const { value, gradient: estimated } = kl.estimate(logprob, ref);
        const factor = kl.byRatio ? r : 1;
        const term = kl.beta * (value * factor);
        const past = (weighsLogprob ? slope * -gain : 0) + kl.beta * estimated * factor;
        const through = (weighsLogprob ? 0 : slope * -gain) + (kl.byRatio ? term : 0);
        klSum += value * factor;
        loss += term;
        own = weight * past + 0 + weight * through;
      }
    }
    if (entropies !== undefined) entropySum += entropies[i]!;
    below += Number(r < low);
    above += Number(r > high);
    logRatioSum += step;
    lossSum += weight * loss;
    gradientSum += own;
    ratio[i] = r;
    perTokenLoss[i] = loss;
    gradient[i] = own;
  }
  sums[SUM.loss] = lossSum;
  sums[SUM.gradient] = gradientSum;
  sums[SUM.logRatio] = logRatioSum;
  sums[SUM.ref] = refSum;
  sums[SUM.kl] = klSum;
  sums[SUM.entropy] = entropySum;
  sums[BELOW] = below;
  sums[ABOVE] = above;
  if (highest > LOGPROB_ROUNDING) sums[SUM.ref] = Number.NaN; // one is none
}
