import { isArray, mustBe } from '../base/checks.ts';
import { lookUp } from '../base/lookUp.ts';

/** Where two of our metrics have one name there, the later one holds: it is the loss's own. */
const ALIASES: Record<'verl' | 'prime-rl', Record<string, string>> = {
  verl: {
    'clip_ratio/region_mean': 'actor/pg_clipfrac',
    cispo_clip_ratio: 'actor/pg_clipfrac',
    'dppo/masked_mean': 'actor/pg_clipfrac',
    'clip_cov/zeroed_mean': 'actor/pg_clipfrac',
    'clip_ratio/outside_positive_mean': 'actor/pg_clipfrac', // verl's gmpo counts A > 0 only
    'clip_ratio/outside_negative_mean': 'actor/pg_clipfrac_lower',
    'clip_ratio/dual_mean': 'actor/pg_clipfrac_lower',
    'dppo/capped_mean': 'actor/pg_clipfrac_lower',
    ppo_kl: 'actor/ppo_kl',
    ppo_kl_abs: 'actor/ppo_kl', // verl's kl_cov reports the mean of |log ratio|
    kl: 'actor/kl_loss',
    entropy: 'actor/entropy',
    policy_loss: 'actor/pg_loss',
    reward: 'critic/rewards/mean',
    'completions/mean_length': 'response_length/mean',
    'completions/min_length': 'response_length/min',
    'completions/max_length': 'response_length/max',
    'completions/clipped_ratio': 'response_length/clip_ratio',
  },
  'prime-rl': {
    entropy: 'entropy/mean',
    is_masked: 'is_masked/mean',
    masked_mismatch_kl: 'masked_mismatch_kl/mean',
    unmasked_mismatch_kl: 'unmasked_mismatch_kl/mean',
    reward: 'reward/mean',
  },
};

/**
 * The metrics once more under another project's names, for dashboards that exist already. Only those with a counterpart.
 *
 * @throws {GrpoError} `unknown-name` for a project we have no names of.
 *
 * @example
 * metricAliases({ 'clip_ratio/region_mean': 0.1, reward: 0.5 }, 'verl');
 * // { 'actor/pg_clipfrac': 0.1, 'critic/rewards/mean': 0.5 }
 */
export function metricAliases(
  metrics: Readonly<Record<string, number>>,
  project: 'verl' | 'prime-rl',
): Record<string, number> {
  const names = lookUp('metricAliases: unknown project', ALIASES, project);
  if (typeof metrics !== 'object' || metrics === null || isArray(metrics)) {
    throw mustBe('metricAliases: metrics', 'an object', metrics);
  }
  const renamed: Record<string, number> = {};
  for (const [name, alias] of Object.entries(names)) {
    const value = metrics[name];
    if (value !== undefined) renamed[alias] = value;
  }
  return renamed;
}
