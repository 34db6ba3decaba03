// One table: of which kind an option is, and which losses have it in their formula. Types and run time read the same.
import {
  aboveOne,
  bound,
  type Check,
  count,
  finite,
  flag,
  nonNegative,
  oneOf,
  oneOfOrFunction,
  positive,
  positiveOrInfinite,
  range,
  seed,
  share,
} from '../base/checks.ts';
import { CONVENTIONS } from '../base/convention.ts';
import { GrpoError } from '../base/errors.ts';
import { unknownName } from '../base/lookUp.ts';
import { type OptionChecks, readOptions } from '../base/readOptions.ts';
import { REDUCTIONS } from '../base/reduction.ts';
import { klEstimators } from '../kl/klEstimators.ts';
import { importanceRatios } from '../ratio/sequenceRatio.ts';
import type { CallOptions, PolicyLossOptions, StepTotals } from './objectives/policyLossOptions.ts';
import type { PolicyLossName } from './policyLossResult.ts';

/** What `policyLoss` adds to every loss. */
export const CALL_OPTIONS: OptionChecks<CallOptions> = {
  topEntropyQuantile: share,
  entropyCoef: finite,
  offPolicyMaskThreshold: bound,
};

/** Counts of the optimiser step. */
export const TOTALS: OptionChecks<StepTotals> = {
  numItemsInBatch: nonNegative,
  numSequences: nonNegative,
  numLiveSequences: nonNegative,
  numTurns: nonNegative,
  numTurnSequences: nonNegative,
  numEntropyTokens: nonNegative,
};

type Clipped = 'grpo' | 'dr_grpo' | 'dapo' | 'bnpo' | 'ppo' | 'luspo' | 'gspo' | 'gspo_token';
type Pulled = 'prime' | 'ipo' | 'ref_kl'; // towards the sampler
type Bounded = Clipped | 'prime' | 'cispo' | 'dppo' | 'clip_cov' | 'gmpo' | 'rema';
type WithKl = Exclude<PolicyLossName, 'rema'>; // a mean of turns has none
type PerToken = Exclude<WithKl, 'gmpo'>; // a mean of sequences has no reduction

/** The losses that have an option in their formula. */
interface OptionOwners {
  epsilon: Bounded | 'ipo' | 'ref_kl';
  epsilonHigh: Bounded;
  delta: Clipped;
  dualClip: Clipped | 'rema';
  sapoTemperaturePos: 'sapo';
  sapoTemperatureNeg: 'sapo';
  vespoKPos: 'vespo';
  vespoLambdaPos: 'vespo';
  vespoKNeg: 'vespo';
  vespoLambdaNeg: 'vespo';
  ratioCap: 'dppo';
  klTau: Pulled;
  advTau: 'prime' | 'ipo';
  droBeta: 'dro';
  klCovFraction: 'kl_cov';
  klCovCoef: 'kl_cov';
  clipCovRange: 'clip_cov';
  clipCovFraction: 'clip_cov';
  seed: 'clip_cov';
  turnRatio: 'rema';
  turnAggregation: 'rema';
  beta: WithKl;
  klEstimator: WithKl;
  useBiasCorrectionKl: PerToken;
  importanceSamplingLevel: PerToken;
  reduction: PerToken;
  maxCompletionLength: PerToken;
  convention: PolicyLossName;
  logRatioClamp: PolicyLossName;
  gradientAccumulationSteps: PolicyLossName;
  numItemsInBatch: PolicyLossName;
  numSequences: PolicyLossName;
  numLiveSequences: PolicyLossName;
  numTurns: PolicyLossName;
  numTurnSequences: PolicyLossName;
  numEntropyTokens: PolicyLossName;
}

/** The options of a loss: those that its formula has, and over what it is averaged. */
export type LossOptions<N extends PolicyLossName> = Pick<
  PolicyLossOptions,
  { [K in keyof OptionOwners]: N extends OptionOwners[K] ? K : never }[keyof OptionOwners]
>;

/** A set of losses; the types want each of them. */
type Losses<N extends PolicyLossName> = { readonly [K in N]: 1 };

/** Kind and losses of every option. */
export const LOSS_OPTIONS: {
  readonly [K in keyof OptionOwners]: { check: Check; losses: Losses<OptionOwners[K]> };
} = /* @__PURE__ */ lossOptions();

function lossOptions(): typeof LOSS_OPTIONS {
  const clipped: Losses<Clipped> = {
    grpo: 1,
    dr_grpo: 1,
    dapo: 1,
    bnpo: 1,
    ppo: 1,
    luspo: 1,
    gspo: 1,
    gspo_token: 1,
  };
  const pulled: Losses<Pulled> = { prime: 1, ipo: 1, ref_kl: 1 };
  const bounded = {
    ...clipped,
    prime: 1,
    cispo: 1,
    dppo: 1,
    clip_cov: 1,
    gmpo: 1,
    rema: 1,
  } as const;
  const free = {
    sapo: 1,
    vespo: 1,
    dro: 1,
    importance_sampling: 1,
    reinforce: 1,
    ce: 1,
    kl: 1,
  } as const;
  const others = { ...free, cispo: 1, dppo: 1, kl_cov: 1, clip_cov: 1 } as const;
  const perToken: Losses<PerToken> = { ...clipped, ...pulled, ...others };
  const withKl: Losses<WithKl> = { ...perToken, gmpo: 1 };
  const all: Losses<PolicyLossName> = { ...withKl, rema: 1 };
  const [sapo, vespo, dppo, dro] = [{ sapo: 1 }, { vespo: 1 }, { dppo: 1 }, { dro: 1 }] as const;
  const [klCov, clipCov, rema] = [{ kl_cov: 1 }, { clip_cov: 1 }, { rema: 1 }] as const;
  return {
    epsilon: { check: nonNegative, losses: { ...bounded, ipo: 1, ref_kl: 1 } },
    epsilonHigh: { check: nonNegative, losses: bounded },
    delta: { check: positiveOrInfinite, losses: clipped },
    dualClip: { check: aboveOne, losses: { ...clipped, rema: 1 } },
    sapoTemperaturePos: { check: positive, losses: sapo },
    sapoTemperatureNeg: { check: positive, losses: sapo },
    vespoKPos: { check: nonNegative, losses: vespo },
    vespoLambdaPos: { check: nonNegative, losses: vespo },
    vespoKNeg: { check: nonNegative, losses: vespo },
    vespoLambdaNeg: { check: nonNegative, losses: vespo },
    ratioCap: { check: positiveOrInfinite, losses: dppo },
    klTau: { check: nonNegative, losses: pulled },
    advTau: { check: nonNegative, losses: { prime: 1, ipo: 1 } },
    droBeta: { check: nonNegative, losses: dro },
    klCovFraction: { check: share, losses: klCov },
    klCovCoef: { check: nonNegative, losses: klCov },
    clipCovRange: { check: range, losses: clipCov },
    clipCovFraction: { check: share, losses: clipCov },
    seed: { check: seed, losses: clipCov },
    turnRatio: { check: oneOf(['geometric', 'arithmetic']), losses: rema },
    turnAggregation: { check: oneOf(['trajectory', 'turn']), losses: rema },
    beta: { check: nonNegative, losses: withKl },
    klEstimator: {
      check: oneOfOrFunction([...Object.keys(klEstimators), 'exact']),
      losses: withKl,
    },
    useBiasCorrectionKl: { check: flag, losses: perToken },
    importanceSamplingLevel: { check: oneOfOrFunction(importanceRatios), losses: perToken },
    reduction: { check: oneOf(REDUCTIONS), losses: perToken },
    maxCompletionLength: { check: positive, losses: perToken },
    convention: { check: oneOf(CONVENTIONS), losses: all },
    logRatioClamp: { check: positiveOrInfinite, losses: all },
    gradientAccumulationSteps: { check: count, losses: all },
    numItemsInBatch: { check: TOTALS.numItemsInBatch, losses: all },
    numSequences: { check: TOTALS.numSequences, losses: all },
    numLiveSequences: { check: TOTALS.numLiveSequences, losses: all },
    numTurns: { check: TOTALS.numTurns, losses: all },
    numTurnSequences: { check: TOTALS.numTurnSequences, losses: all },
    numEntropyTokens: { check: TOTALS.numEntropyTokens, losses: all },
  };
}

/** Kinds of all options, for a loss of one's own: which of them it reads is its own affair. */
export function anyLossOptions(): OptionChecks<PolicyLossOptions> {
  const checks = Object.entries(LOSS_OPTIONS).map(([option, { check }]) => [option, check]);
  return Object.fromEntries(checks) as OptionChecks<PolicyLossOptions>; // the table has every option
}

/**
 * The options of one loss, checked.
 *
 * @throws {GrpoError} `unknown-name` for what is no option at all; `option` for one that this loss's formula does not have,
 * and for a value of the wrong kind.
 */
export function readLossOptions<N extends PolicyLossName>(
  where: string,
  name: N,
  given: LossOptions<N> | null | undefined,
): LossOptions<N> {
  const own: Record<string, Check> = {};
  const foreign: Record<string, Check> = { ...CALL_OPTIONS };
  for (const [option, { check, losses }] of Object.entries(LOSS_OPTIONS)) {
    (Object.hasOwn(losses, name) ? own : foreign)[option] = check;
  }
  const options: Record<string, unknown> = { ...given };
  for (const option of Object.keys(options)) {
    if (Object.hasOwn(own, option)) continue;
    if (!Object.hasOwn(foreign, option)) {
      throw unknownName(where, 'option', [...Object.keys(own), ...Object.keys(foreign)], option);
    }
    if (options[option] !== undefined && options[option] !== null) {
      throw new GrpoError('option', `${where}: has no ${option}. ${homeOf(option)} Leave it out.`);
    }
    delete options[option]; // not given
  }
  return readOptions(where, options, own) as LossOptions<N>; // `own` has the keys of LossOptions<N>
}

/** Where an option belongs, as a sentence. */
function homeOf(option: string): string {
  if (Object.hasOwn(CALL_OPTIONS, option)) return `It is policyLoss's, which takes any loss.`;
  const losses = Object.keys(LOSS_OPTIONS[option as keyof OptionOwners].losses);
  const rest = Object.keys(LOSS_OPTIONS.convention.losses).filter((name) => !losses.includes(name));
  return rest.length < losses.length
    ? `All losses but ${rest.join(', ')} have it.`
    : `It belongs to ${losses.join(', ')}.`;
}
