import { expect, test } from 'vitest';
import { policyLoss } from '../loss/policyLoss.ts';
import { metricAliases } from './metricAliases.ts';

test('metricAliases renames what has a counterpart', () => {
  expect(metricAliases({ 'clip_ratio/region_mean': 0.1, mine: 1 }, 'verl')).toEqual({
    'actor/pg_clipfrac': 0.1,
  });
});

test("verl's kl_cov reports the mean of |log ratio|, its gmpo clips of A > 0", () => {
  const data = {
    logprobs: [-1, -2],
    oldLogprobs: [-1.5, -1],
    advantages: [1, -1],
    completionMask: [1, 1],
    sequenceLength: 1,
  };
  const klCov = policyLoss(data, { lossType: 'kl_cov' }).metrics;
  expect(metricAliases(klCov, 'verl')['actor/ppo_kl']).toBe(0.75);
  const gmpo = policyLoss(data, { lossType: 'gmpo', convention: 'verl' }).metrics;
  expect(metricAliases(gmpo, 'verl')).toMatchObject({
    'actor/pg_clipfrac': gmpo['clip_ratio/outside_positive_mean'],
    'actor/pg_clipfrac_lower': gmpo['clip_ratio/outside_negative_mean'],
  });
});
