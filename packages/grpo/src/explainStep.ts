type Metrics = Readonly<Record<string, number>>;

/** When a rule speaks (false or undefined: not), and what it says. The bounds are ours, from runs that went wrong. */
type Rule = [when: (m: Metrics) => boolean, say: (m: Metrics) => string];

const percent = (x = 0) => `${Math.round(100 * x)} %`;
const above = (x: number | undefined, bound: number) => x !== undefined && x > bound;
const below = (x: number | undefined, bound: number) => x !== undefined && x < bound;

const CUT = 'completions/clipped_ratio';
const CLIPPED = 'clip_ratio/region_mean';
const EQUAL = 'frac_reward_zero_std';
const MISMATCH = 'sampling/sampling_logp_difference/mean';
const WORST = 'sampling/sampling_logp_difference/max';

const RULES: Rule[] = [
  [
    (m) => Object.values(m).some(Number.isNaN),
    (m) => {
      const names = Object.keys(m).filter((name) => Number.isNaN(m[name]));
      return `NaN in ${names.join(', ')}: lower the learning rate, look for a fully masked completion.`;
    },
  ],
  [
    (m) => below(Math.abs(m.loss ?? 1), 1e-6) && above(m.grad_norm, 1e-6),
    () =>
      'The loss is 0 although the gradient is not: on-policy, advantages cancel. Watch reward and grad_norm.',
  ],
  [
    (m) => above(m[EQUAL], 0.999),
    () =>
      'All groups have equal rewards: no gradient. Change the difficulty, sample more, or grade the reward.',
  ],
  [
    (m) => below(m.reward_std, 1e-3) && !above(m[EQUAL], 0.999),
    () => "The std of the rewards has vanished. Use scaleRewards 'none', or check the reward.",
  ],
  [
    (m) => above(m[CUT], 0.5),
    (m) =>
      `${percent(m[CUT])} of the completions are truncated. Raise maxCompletionLength, or use overlongPenalty.`,
  ],
  [
    (m) => above(m[CLIPPED], 0.3),
    (m) =>
      `${percent(m[CLIPPED])} of the tokens are clipped. Lower the learning rate, or take fewer updates per rollout.`,
  ],
  [
    (m) => above(m[MISMATCH], 0.05) || above(m[WORST], 5),
    (m) =>
      `Log-probs of sampler and trainer differ by ${m[MISMATCH]} (at most ${m[WORST]}). Check temperature and weights, or use rolloutCorrection.`,
  ],
  [
    (m) => above(m.kl, 10) || above(m['mol/kl'], 5),
    (m) =>
      `The KL explodes (${m.kl ?? m['mol/kl']} nats). Lower the learning rate, or raise beta or alpha.`,
  ],
  [
    (m) => below(m.entropy, 0.02),
    (m) =>
      `The entropy is ${m.entropy} nats: samples hardly vary. Raise epsilonHigh or entropyCoef.`,
  ],
];

/**
 * What a step's metrics say, in plain sentences, each with what to try. Nothing to say gives an empty list.
 *
 * @param metrics - the metrics of this package, and `loss`, `grad_norm` if you have them.
 *
 * @example
 * explainStep({ loss: 0, grad_norm: 0.3 }).length; // 1
 */
export function explainStep(metrics: Metrics): string[] {
  return RULES.filter(([when]) => when(metrics)).map(([, say]) => say(metrics));
}
