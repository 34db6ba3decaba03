import { describe, expect, test } from 'vitest';
import { explainStep } from './explainStep.ts';
import { rewardMetrics } from './rewardMetrics.ts';

describe('explainStep', () => {
  test.each([
    [{ loss: 0, grad_norm: 0.5 }, 'on-policy'],
    [{ frac_reward_zero_std: 1, reward_std: 0 }, 'All groups'],
    [{ reward_std: 1e-5 }, 'vanished'],
    [{ 'completions/clipped_ratio': 0.9 }, 'truncated'],
    [{ 'clip_ratio/region_mean': 0.4 }, 'clipped'],
    [{ 'sampling/sampling_logp_difference/mean': 0.2 }, 'sampler'],
    [{ 'sampling/behavior_logp_difference/mean': 0.4 }, 'drawn from another distribution'],
    [{ kl: 40 }, 'explodes'],
    [{ entropy: 0.001 }, 'entropy'],
    [{ kl: Number.NaN }, 'NaN'],
  ])('%j', (metrics, word) => {
    const sentences = explainStep(metrics);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(word);
  });

  test('says nothing about a healthy step', () => {
    const healthy = {
      loss: 0.1,
      grad_norm: 0.5,
      reward: 0.5,
      reward_std: 0.5,
      kl: 0.01,
      entropy: 1,
    };
    expect(explainStep({ ...healthy, frac_reward_zero_std: 0.2 })).toEqual([]);
  });
});

describe('explainStep never says undefined', () => {
  const METRICS = [
    'loss',
    'grad_norm',
    'reward',
    'reward_std',
    'frac_reward_zero_std',
    'reward/frac_unscored',
    'kl',
    'mol/kl',
    'entropy',
    'completions/clipped_ratio',
    'clip_ratio/region_mean',
    'sampling/sampling_logp_difference/mean',
    'sampling/sampling_logp_difference/max',
    'sampling/behavior_logp_difference/mean',
  ];
  const VALUES = [
    undefined,
    null,
    Number.NaN,
    0,
    1e-9,
    0.04,
    0.5,
    6,
    1e9,
    Number.POSITIVE_INFINITY,
  ];

  test('whatever one or two metrics are there', () => {
    for (const a of METRICS) {
      for (const b of METRICS) {
        for (const x of VALUES) {
          for (const y of VALUES) {
            for (const sentence of explainStep({ [a]: x, [b]: y })) {
              expect(sentence).not.toMatch(/undefined|null nats|NaN (nats|%)/);
            }
          }
        }
      }
    }
  });

  test('the largest difference alone is named as such', () => {
    expect(explainStep({ 'sampling/sampling_logp_difference/max': 6 })[0]).toContain('6 at most');
  });

  test('episodes that were not scored are named, not the learning rate', () => {
    const one = explainStep(rewardMetrics([null, 1], { numGenerations: 2 }));
    expect(one.join(' ')).toContain('Fewer than two completions were scored');
    expect(one.join(' ')).toContain('50 % of the completions were not scored');
    expect(one.join(' ')).not.toContain('learning rate');
    const none = explainStep(rewardMetrics([null, null], { numGenerations: 2 }));
    expect(none.join(' ')).toContain(
      'No completion was scored, so reward and reward_std cannot be told',
    );
  });

  test('what is no number is refused by name', () => {
    expect(() => explainStep({ loss: '0' as unknown as number })).toThrow("metric 'loss' must be");
    expect(() => explainStep(null as never)).toThrow('an object of numbers');
  });
});
