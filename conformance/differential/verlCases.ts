import type { Random } from '@molrl/ef-env';
import {
  gae,
  groupAdvantages,
  metricAliases,
  type PolicyLossCall,
  policyLoss,
  reinforcePlusPlusAdvantages,
  reinforcePlusPlusBaselineAdvantages,
  rlooAdvantages,
  tokenReturns,
  whiten,
} from '@molrl/grpo';
import type { DifferentialCase, Exemption } from './differences.ts';
import { caseRandom, normal, perToken, randomBatch, trainedMask } from './randomBatch.ts';

const MODES = [
  'token-mean',
  'token-sum',
  'seq-mean-token-sum',
  'seq-mean-token-sum-norm',
  'seq-mean-token-mean',
] as const;
const KL = ['k1', 'abs', 'k2', 'k3', 'k1+', 'abs+', 'k3+'] as const;
const LOSSES = [
  'ppo',
  'dppo',
  'gspo_token',
  'cispo',
  'sapo',
  'kl_cov',
  'gmpo',
  'dro',
  'clip_cov',
] as const;
const ESTIMATORS = [
  'gae_advantage_return',
  'grpo_outcome_advantage',
  'rloo_outcome_advantage',
  'reinforce_plus_plus_outcome_advantage',
  'reinforce_plus_plus_baseline_outcome_advantage',
] as const;

export const verlExemptions: Exemption[] = [
  {
    keys: /^metrics\.actor\/pg_clipfrac(_lower)?$/,
    when: ({ loss }) => ['gspo_token', 'cispo', 'sapo'].includes(loss),
    reason: 'a share of clipped tokens that verl fills with 0, as the loss has no such clip',
  },
  {
    keys: /./,
    when: (question) => question.loss === 'kl_cov' && hasTies(question),
    reason: "kl_cov's choice among tokens of equal covariance is that of torch's top-k",
  },
  {
    keys: /^advantages$/,
    when: (question) => question.estimator === ESTIMATORS[4] && isFlat(question),
    reason: 'whitening what has no spread: ours is 0, verl divides rounding errors by 1e-4',
  },
];

type Question = DifferentialCase['question'];

/** True when the last token that kl_cov takes has the covariance of the first one that it leaves. */
function hasTies({ data, policyLoss }: Question): boolean {
  const trained = (values: number[]) => values.filter((_, i) => data.mask[i] !== 0);
  const centred = (values: number[]) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return values.map((x) => x - mean);
  };
  const [a, b] = [centred(trained(data.advantages)), centred(trained(data.logprobs))];
  const sorted = a.map((x, i) => x * b[i]!).sort((x, y) => y - x);
  const taken = Math.max(1, Math.floor(sorted.length * policyLoss.kl_cov_ratio));
  return taken < sorted.length && sorted[taken - 1]! - sorted[taken]! < 1e-12;
}

/** True when every row has the same total above its group's mean. */
function isFlat({ tokenRewards, mask, length, numGenerations }: Question): boolean {
  const totals: number[] = [];
  for (let i = 0; i < mask.length; i += length) {
    totals.push(tokenRewards.slice(i, i + length).reduce((sum: number, x: number) => sum + x, 0));
  }
  const centred = totals.map((total, row) => {
    if (numGenerations === 1) return total;
    const start = row - (row % numGenerations);
    const group = totals.slice(start, start + numGenerations);
    return total - group.reduce((sum, x) => sum + x, 0) / numGenerations;
  });
  return Math.max(...centred) - Math.min(...centred) < 1e-9;
}

/** Every fourth case is an advantage estimator. */
export function verlCases(seed: number, count: number): DifferentialCase[] {
  return Array.from({ length: count }, (_, index) => {
    const random = caseRandom(seed, index);
    return index % 4 === 3 ? advantagesCase(random) : lossCase(random);
  });
}

/** Options of one loss: as verl's config has them, and by our names. */
function lossOptions(random: Random, loss: (typeof LOSSES)[number]) {
  const low = loss === 'gspo_token' ? 3e-4 : random.choice([0.1, 0.2, 0.4]);
  const high = random.choice([low, low * 1.5]);
  const config = { clip_ratio: low, clip_ratio_low: low, clip_ratio_high: high };
  const clip = { epsilon: low, epsilonHigh: high };
  switch (loss) {
    case 'ppo': {
      const dualClip = random.choice([1.5, 3]);
      return { config: { ...config, clip_ratio_c: dualClip }, ours: { ...clip, dualClip } };
    }
    case 'dppo': {
      const ratioCap = random.choice([2, 20]);
      return { config: { ...config, clip_ratio_c: ratioCap }, ours: { ...clip, ratioCap } };
    }
    case 'sapo': {
      const [positive, negative] = [random.choice([0.5, 1]), random.choice([1.05, 2])];
      return {
        config: { ...config, tau_pos: positive, tau_neg: negative },
        ours: { sapoTemperaturePos: positive, sapoTemperatureNeg: negative },
      };
    }
    case 'dro': {
      const droBeta = random.choice([0.1, 1]);
      return { config, policyLoss: { dro_beta: droBeta }, ours: { droBeta } };
    }
    case 'kl_cov': {
      const [fraction, coef] = [random.choice([2e-4, 0.2, 0.5]), random.choice([0.5, 1])];
      return {
        config,
        policyLoss: { kl_cov_ratio: fraction, ppo_kl_coef: coef },
        ours: { klCovFraction: fraction, klCovCoef: coef },
      };
    }
    case 'clip_cov': {
      // all candidates are taken, so that nothing is drawn
      const [low, high] = random.choice<[number, number]>([
        [0.1, 5],
        [0.5, 2],
      ]);
      return {
        config,
        policyLoss: { clip_cov_ratio: 1, clip_cov_lb: low, clip_cov_ub: high },
        ours: { ...clip, clipCovFraction: 1, clipCovRange: [low, high] as const },
      };
    }
    default:
      return { config, ours: clip };
  }
}

/** verl fixes these losses' reduction, whatever the config says. */
const FIXED_MODE: Record<string, string> = {
  gspo_token: 'seq-mean-token-mean',
  sapo: 'seq-mean-token-mean',
};

function lossCase(random: Random): DifferentialCase {
  const loss = random.choice(LOSSES);
  const isGmpo = loss === 'gmpo';
  const batch = randomBatch(random, { advantages: 'either', emptyRows: isGmpo, holes: true });
  const mask = trainedMask(batch);
  mask[0] = 1; // verl itself divides by 0 without a trained token
  const mode = (FIXED_MODE[loss] ?? random.choice(MODES)) as (typeof MODES)[number];
  const { config, ours: options, policyLoss: parts = {} } = lossOptions(random, loss);
  const beta = isGmpo ? 0 : random.choice([0, 0, 0.04, 1]);
  const klEstimator = random.choice(KL);
  const hasTotals = !isGmpo && random.next() < 0.5;
  const totals = { tokens: 1 + random.integer(200), sequences: 1 + random.integer(40) };
  const horizon = 1 + random.integer(30);
  const weighted = !isGmpo && random.next() < 0.3;
  const weights = mask.map(() => 2 * random.next());
  const { logprobs, oldLogprobs, refLogprobs, sequenceLength } = batch;
  return {
    question: {
      kind: 'loss',
      loss,
      length: sequenceLength,
      mode,
      config,
      policyLoss: parts,
      beta,
      klEstimator: { k1: 'kl', k2: 'mse', k3: 'low_var_kl' }[klEstimator as 'k1'] ?? klEstimator,
      totals: {
        dp_size: 1,
        batch_num_tokens: hasTotals ? totals.tokens : null,
        global_batch_size: hasTotals ? totals.sequences : null,
        loss_scale_factor: horizon,
      },
      data: {
        logprobs,
        oldLogprobs,
        refLogprobs,
        mask,
        advantages: perToken(batch.advantages, batch),
        ...(weighted && { importanceWeights: weights }),
      },
    },
    ours() {
      const { tokens, sequences } = totals;
      const counts = {
        numItemsInBatch: tokens,
        numSequences: sequences,
        numLiveSequences: sequences, // verl has one number for both
      };
      const call = {
        lossType: loss,
        convention: 'verl',
        ...options,
        ...(!isGmpo && { reduction: mode }),
        ...(mode.endsWith('-norm') && !isGmpo && { maxCompletionLength: horizon }),
        ...(beta !== 0 && { beta, klEstimator }),
        ...(hasTotals && counts),
        // verl bounds the log ratio in some of its losses only
        ...(UNCLAMPED.includes(loss) && { logRatioClamp: Number.POSITIVE_INFINITY }),
      };
      const { gradient, metrics, ...result } = policyLoss(
        {
          logprobs,
          oldLogprobs,
          ...(beta !== 0 && { refLogprobs }),
          ...(weighted && { importanceWeights: weights }),
          advantages: perToken(batch.advantages, batch),
          completionMask: mask,
          sequenceLength,
        },
        call as unknown as PolicyLossCall, // options of a random loss
      );
      return { loss: result.loss, gradient, metrics: metricAliases(metrics, 'verl') };
    },
  };
}

const UNCLAMPED: readonly string[] = ['gspo_token', 'kl_cov', 'clip_cov', 'gmpo', 'dro'];

function advantagesCase(random: Random): DifferentialCase {
  const estimator = random.choice(ESTIMATORS);
  const batch = randomBatch(random, { advantages: 'row', emptyRows: false, holes: true });
  const numGenerations = 1 + random.integer(4);
  const { sequenceLength } = batch;
  const rows = batch.logprobs.length / sequenceLength;
  const whole = Math.floor(rows / numGenerations) * numGenerations;
  const full = (whole || numGenerations) * sequenceLength;
  const size = Math.max(full, 2); // verl refuses to whiten a single token
  const take = <T>(values: readonly T[]): T[] =>
    Array.from({ length: size }, (_, i) => values[i % values.length]!);
  const mask = take(trainedMask(batch));
  mask[0] = 1;
  mask[size - 1] = 1; // whitening needs two trained tokens
  const tokenRewards = mask.map((keep) => (keep && random.next() < 0.5 ? normal(random) : 0));
  const values = mask.map(() => normal(random));
  const [gamma, lambda] = [random.choice([1, 0.9]), random.choice([1, 0.95])];
  const data = { tokenRewards, completionMask: mask, sequenceLength };
  return {
    question: {
      kind: 'advantages',
      estimator,
      length: sequenceLength,
      mask,
      tokenRewards,
      values,
      numGenerations,
      gamma,
      lambda,
    },
    ours() {
      const keep = (numbers: ArrayLike<number>) => mask.map((k, i) => k * numbers[i]!);
      if (estimator === 'gae_advantage_return') {
        const { advantages, returns } = gae({ ...data, values }, { gamma, lambda });
        return { advantages: keep(whiten(advantages, mask)), returns: keep(returns) };
      }
      if (estimator === 'reinforce_plus_plus_outcome_advantage') {
        const returns = keep(tokenReturns(data, { gamma }));
        return { advantages: reinforcePlusPlusAdvantages(data, { gamma }), returns };
      }
      if (estimator === 'reinforce_plus_plus_baseline_outcome_advantage') {
        return { advantages: reinforcePlusPlusBaselineAdvantages(data, { numGenerations }) };
      }
      const totals = Array.from({ length: size / sequenceLength }, (_, row) =>
        tokenRewards
          .slice(row * sequenceLength, (row + 1) * sequenceLength)
          .reduce((sum, x) => sum + x, 0),
      );
      const advantages =
        estimator === 'rloo_outcome_advantage'
          ? rlooAdvantages(totals, { numGenerations, lone: 'raw' })
          : groupAdvantages(totals, { numGenerations, convention: 'verl' });
      return { advantages: keep(perToken([...advantages], { ...batch, logprobs: mask })) };
    },
  };
}
