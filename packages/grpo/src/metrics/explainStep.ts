import { isArray, mustBe } from '../base/checks.ts';

/** As logged: NaN and infinity are `null` once they went through JSON. */
type Metrics = Readonly<Record<string, number | null | undefined>>;

/** The metrics that are numbers: rules compare these only. */
type Numbers = Readonly<Record<string, number>>;

/** When a rule speaks (false or undefined: not), and what it says. The bounds are ours, from runs that went wrong. */
type Rule = [when: (m: Numbers) => boolean, say: (m: Numbers) => string];

/** Metrics that are not defined without enough scored completions. */
const SCORED: Record<string, string> = {
  reward: 'No completion was scored',
  reward_std: 'Fewer than two completions were scored',
};

const percent = (x = 0) => `${Math.round(100 * x)} %`;
const said = (how: string, x: number | undefined) => (x === undefined ? [] : [`${x} ${how}`]);
const above = (x: number | undefined, bound: number) => x !== undefined && x > bound;
const below = (x: number | undefined, bound: number) => x !== undefined && x < bound;

const CUT = 'completions/clipped_ratio';
const CLIPPED = 'clip_ratio/region_mean';
const EQUAL = 'frac_reward_zero_std';
const MISMATCH = 'sampling/sampling_logp_difference/mean';
const WORST = 'sampling/sampling_logp_difference/max';
const BEHAVIOR = 'sampling/behavior_logp_difference/mean';
const UNSCORED = 'reward/frac_unscored';

const RULES: Rule[] = [
  [
    (m) => above(m[UNSCORED], 0.1),
    (m) =>
      `${percent(m[UNSCORED])} of the completions were not scored (reward null): their episodes ended in an error or the grader could not judge them. They teach nothing; look at them.`,
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
    (m) => {
      const sizes = [...said('on average', m[MISMATCH]), ...said('at most', m[WORST])];
      return `Log-probs of sampler and trainer differ by ${sizes.join(', ')}. Check temperature and weights, or use rolloutCorrection.`;
    },
  ],
  [
    (m) => above(m[BEHAVIOR], 1e-3),
    (m) =>
      `Tokens were drawn from another distribution than the model's log-probs describe, ${m[BEHAVIOR]} nats apart on average: top-k, top-p, min-p, a penalty or a bias. ` +
      'Train among the kept ids (returnSamplingMask), or use rolloutCorrection with behaviorLogprobs.',
  ],
  [
    (m) => above(m.kl, 10) || above(m['mol/kl'], 5),
    (m) =>
      `The KL explodes (${above(m.kl, 10) ? m.kl : m['mol/kl']} nats). Lower the learning rate, or raise beta or alpha.`,
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
 * @param metrics - the metrics of this package, and `loss`, `grad_norm` if you have them. `null` is read as NaN: so JSON writes it.
 * @throws {GrpoError} `option` for a metric that is no number.
 *
 * @example
 * explainStep({ loss: 0, grad_norm: 0.3 }).length; // 1
 */
export function explainStep(metrics: Metrics): string[] {
  if (typeof metrics !== 'object' || metrics === null || isArray(metrics)) {
    throw mustBe('explainStep: metrics', 'an object of numbers', metrics);
  }
  const numbers: Record<string, number> = {};
  const bad: string[] = [];
  for (const [name, value] of Object.entries(metrics)) {
    if (value === undefined) continue;
    if (value !== null && typeof value !== 'number') {
      throw mustBe(`explainStep: metric '${name}'`, 'a number', value);
    }
    if (value === null || Number.isNaN(value)) bad.push(name);
    else numbers[name] = value;
  }
  const rules = RULES.filter(([when]) => when(numbers)).map(([, say]) => say(numbers));
  return [...undefinedMetrics(bad), ...rules];
}

/** One sentence on rewards that were not scored, one on every other NaN. */
function undefinedMetrics(names: readonly string[]): string[] {
  const unscored = Object.keys(SCORED).find((name) => names.includes(name));
  const others = names.filter((name) => !Object.hasOwn(SCORED, name));
  const sentences: string[] = [];
  if (unscored !== undefined) {
    sentences.push(
      `${SCORED[unscored]}, so ${names.filter((name) => Object.hasOwn(SCORED, name)).join(' and ')} cannot be told. ` +
        'Look at why the episodes were not scored: a reward of null is a grader that could not judge, or an episode that ended in an error.',
    );
  }
  if (others.length > 0) {
    sentences.push(
      `NaN in ${others.join(', ')}: lower the learning rate, look for a fully masked completion.`,
    );
  }
  return sentences;
}
