import { describe, expect, test } from 'vitest';
import { explainStep } from './explainStep.ts';

describe('explainStep', () => {
  test.each([
    [{ loss: 0, grad_norm: 0.5 }, 'on-policy'],
    [{ frac_reward_zero_std: 1, reward_std: 0 }, 'All groups'],
    [{ reward_std: 1e-5 }, 'vanished'],
    [{ 'completions/clipped_ratio': 0.9 }, 'truncated'],
    [{ 'clip_ratio/region_mean': 0.4 }, 'clipped'],
    [{ 'sampling/sampling_logp_difference/mean': 0.2 }, 'sampler'],
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
