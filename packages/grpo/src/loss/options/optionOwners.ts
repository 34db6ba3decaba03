const CLIPPED = ['grpo', 'dr_grpo', 'dapo', 'bnpo', 'ppo', 'luspo', 'gspo', 'gspo_token'];
const BOUNDED = [...CLIPPED, 'prime', 'cispo', 'dppo', 'clip_cov', 'gmpo', 'rema'];

/**
 * The losses that have an option, for the error of a loss that does not: each loss alone knows its own (a bundle of one holds
 * no other). A test holds the table to what the losses take.
 */
export const OPTION_OWNERS: Readonly<
  Record<string, readonly string[] | { allBut: readonly string[] }>
> = {
  epsilon: [...BOUNDED, 'ipo', 'ref_kl'],
  epsilonHigh: BOUNDED,
  delta: CLIPPED,
  dualClip: [...CLIPPED, 'rema'],
  sapoTemperaturePos: ['sapo'],
  sapoTemperatureNeg: ['sapo'],
  vespoKPos: ['vespo'],
  vespoLambdaPos: ['vespo'],
  vespoKNeg: ['vespo'],
  vespoLambdaNeg: ['vespo'],
  ratioCap: ['dppo'],
  klTau: ['prime', 'ipo', 'ref_kl'],
  advTau: ['prime', 'ipo'],
  droBeta: ['dro'],
  klCovFraction: ['kl_cov'],
  klCovCoef: ['kl_cov'],
  clipCovRange: ['clip_cov'],
  clipCovFraction: ['clip_cov'],
  seed: ['clip_cov'],
  turnRatio: ['rema'],
  turnAggregation: ['rema'],
  beta: { allBut: ['rema'] },
  klEstimator: { allBut: ['rema'] },
  useBiasCorrectionKl: { allBut: ['gmpo', 'rema'] },
  importanceSamplingLevel: { allBut: ['gmpo', 'rema'] },
  reduction: { allBut: ['gmpo', 'rema'] },
  maxCompletionLength: { allBut: ['gmpo', 'rema'] },
};
