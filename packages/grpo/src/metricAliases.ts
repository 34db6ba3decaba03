import { lookUp } from './lookUp.ts';

const ALIASES: Record<'verl' | 'prime-rl', Record<string, string>> = {
  verl: {
    'clip_ratio/region_mean': 'actor/pg_clipfrac',
    cispo_clip_ratio: 'actor/pg_clipfrac',
    'dppo/masked_mean': 'actor/pg_clipfrac',
    'clip_cov/zeroed_mean': 'actor/pg_clipfrac',
    'clip_ratio/dual_mean': 'actor/pg_clipfrac_lower',
    ppo_kl: 'actor/ppo_kl',
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
  const names = lookUp('metricAliases', 'project', ALIASES, project);
  const renamed: Record<string, number> = {};
  for (const [name, value] of Object.entries(metrics)) {
    const alias = names[name];
    if (alias !== undefined) renamed[alias] = value;
  }
  return renamed;
}
