import { z } from 'zod';
import { count, named, oneOf, positive, within } from '../settingTypes.ts';
import { rates } from './rates.ts';

/** The losses that need nothing but what this trainer has. */
export const LOSS_TYPES = [
  'dapo',
  'grpo',
  'dr_grpo',
  'bnpo',
  'ppo',
  'gspo',
  'cispo',
  'luspo',
  'sapo',
  'vespo',
] as const;

/** GRPO on scored attempts. */
export const grpo = z.strictObject({
  updates: named(count(1, 100_000), 'Batches of rollouts.', {
    trl: 'max_steps',
    verl: 'trainer.total_training_steps',
    primeRl: 'max_steps',
  }),
  prompts: named(count(1, 4096), 'Prompts per batch.', {
    trl: 'generation_batch_size / num_generations',
    verl: 'data.train_batch_size',
    primeRl: 'batch_size / rollouts_per_example',
  }),
  numGenerations: named(count(2, 1024), 'Completions per prompt.', {
    trl: 'num_generations',
    verl: 'rollout.n',
    primeRl: 'rollouts_per_example',
  }),
  maxCompletionLength: named(count(1, 1_000_000), 'Tokens of a completion at most.', {
    trl: 'max_completion_length',
    verl: 'data.max_response_length',
    primeRl: 'sampling.max_tokens',
  }),
  temperature: named(within(0.01, 10), 'Of the sampling.', {
    trl: 'temperature',
    verl: 'rollout.temperature',
    primeRl: 'sampling.temperature',
  }),
  topK: named(
    count(1, 1_000_000).optional(),
    'Rollouts are drawn among the K most likely tokens, and each is learned from among those. Default: all.',
    { trl: 'top_k', verl: 'rollout.top_k' },
  ),
  topP: named(
    positive(1).optional(),
    'Rollouts are drawn among the fewest tokens that have this probability together, and each is learned from among those. Default: all.',
    { trl: 'top_p', verl: 'rollout.top_p' },
  ),
  minP: named(
    within(0, 1).optional(),
    'Rollouts are drawn among tokens of at least this share of the likeliest one, and each is learned from among those. Default: all.',
    { trl: 'min_p' },
  ),
  lossType: named(oneOf(LOSS_TYPES), 'Which policy loss of @molrl/grpo.', {
    trl: 'loss_type',
    verl: 'policy_loss.loss_mode',
    primeRl: 'loss.type',
  }),
  beta: named(within(0, 100), 'Weight of the KL to the base.', {
    trl: 'beta',
    verl: 'kl_loss_coef',
  }),
  epsilon: named(
    positive(1e3).optional(),
    "Ratios below 1 - epsilon are clipped. Default: the loss's own.",
    { trl: 'epsilon', verl: 'clip_ratio_low' },
  ),
  epsilonHigh: named(
    positive(1e3).optional(),
    "Ratios above 1 + epsilonHigh are clipped. Default: the loss's own.",
    { trl: 'epsilon_high', verl: 'clip_ratio_high' },
  ),
  entropyCoef: named(within(-10, 10), 'Weight of the entropy bonus.', { verl: 'entropy_coeff' }),
  scaleRewards: named(oneOf(['group', 'batch', 'none']), 'What advantages are divided by.', {
    trl: 'scale_rewards',
    verl: 'norm_adv_by_std_in_grpo',
  }),
  numIterations: named(count(1, 64), 'Optimiser steps on each batch of rollouts.', {
    trl: 'num_iterations',
    verl: 'ppo_epochs',
  }),
  miniBatches: named(
    count(1, 1024),
    'Parts of a batch of rollouts that get an optimiser step each, in every iteration.',
    { trl: 'steps_per_generation / gradient_accumulation_steps', verl: 'ppo_mini_batch_size' },
  ),
  microBatchSize: named(
    count(1, 65_536).optional(),
    'Completions per forward and backward pass at most: memory, not arithmetic. Default: as many as take 1 GiB.',
    {
      trl: 'per_device_train_batch_size',
      verl: 'ppo_micro_batch_size',
      primeRl: 'micro_batch_size',
    },
  ),
  maskTruncatedCompletions: named(
    z.boolean('must be true or false'),
    'Leave completions that were cut out of the loss.',
    { trl: 'mask_truncated_completions' },
  ),
  dynamicSampling: named(
    count(0, 64),
    'Further batches of rollouts, at most, to replace groups whose rewards are all equal. 0: none.',
    { verl: 'filter_groups.max_num_gen_batches', primeRl: 'online_difficulty_filtering' },
  ),
  overlongCache: named(
    count(0, 1_000_000),
    "Tokens below maxCompletionLength in which the reward falls by up to 1, DAPO's soft punishment. 0: none.",
    { trl: 'get_soft_overlong_punishment.soft_punish_cache', verl: 'overlong_buffer.len' },
  ),
  maxStaleness: named(
    count(0, 64),
    'Updates by which the weights of rollouts may be behind those that learn from them: above 0, workers, or a server that samples, play ahead while this process learns, and such a run is not repeatable. What gets older is dropped. Set samplerCorrection with it. 0: sampling and learning take turns.',
    { verl: 'async_training.staleness_threshold', primeRl: 'max_off_policy_steps' },
  ),
  samplerCorrection: named(
    oneOf(['none', 'token_truncate', 'token_mask', 'sequence_truncate', 'sequence_mask']),
    "Weights for what the sampler's probabilities differ from the trainer's by (TIS, MIS).",
    {
      trl: 'vllm_importance_sampling_mode',
      verl: 'rollout_correction.rollout_is',
      primeRl: 'loss.token_mask_high',
    },
  ),
  samplerCorrectionCap: named(positive(1e3), 'Largest weight of the sampler correction.', {
    trl: 'vllm_importance_sampling_clip_max',
    verl: 'rollout_correction.rollout_is_threshold',
  }),
  episodeTimeout: named(
    positive(1e6),
    'Seconds that an environment or reward may take for one step; then the episode is not scored.',
    { verl: 'sandbox_fusion.timeout', primeRl: 'env.timeout' },
  ),
  generalKl: named(
    count(0, 1024),
    'Sequences of general text that each update holds to the base by KL.',
  ),
  ...rates,
});
