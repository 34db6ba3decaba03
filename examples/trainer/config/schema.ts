import { z } from 'zod';
import { count, named, oneOf, path, positive, within } from './settingTypes.ts';

export const STAGES = ['collect', 'sft', 'mol', 'grpo', 'eval'] as const;
export type StageName = (typeof STAGES)[number];

export const ENVIRONMENTS = ['prompt', 'maths', 'gym', 'codewords'] as const;

/** The losses that need nothing but what this trainer has. */
export const LOSS_TYPES = [
  ...([
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
  ] as const),
] as const;

const lora = z.strictObject({
  r: named(count(1, 512), 'Rank of the adapter.', {
    trl: 'lora_r',
    verl: 'model.lora_rank',
    primeRl: 'model.lora.rank',
  }),
  alpha: named(positive(4096).optional(), 'Scale, divided by the rank. Default: twice the rank.', {
    trl: 'lora_alpha',
    verl: 'model.lora_alpha',
    primeRl: 'model.lora.alpha',
  }),
});

const rates = {
  learningRate: named(positive(1), 'Step size of AdamW at its highest.', {
    trl: 'learning_rate',
    verl: 'optim.lr',
    primeRl: 'optim.lr',
  }),
  lrSchedulerType: named(
    oneOf(['constant', 'constant_with_warmup', 'linear', 'cosine']),
    "Course of the rate after the warm-up, by Hugging Face's names.",
    { trl: 'lr_scheduler_type', verl: 'optim.warmup_style', primeRl: 'scheduler.type' },
  ),
  warmupSteps: named(count(0, 100_000), 'Updates over which the rate rises from 0.', {
    trl: 'warmup_steps',
    verl: 'optim.lr_warmup_steps',
    primeRl: 'scheduler.warmup_steps',
  }),
  maxGradNorm: named(positive(1e6), 'Longer gradients are shortened to this.', {
    trl: 'max_grad_norm',
    verl: 'optim.clip_grad',
    primeRl: 'optim.max_norm',
  }),
};

const collect = z.strictObject({
  episodes: named(count(1, 1_000_000), 'Episodes that the model plays with feedback.'),
  maxTurns: named(count(1, 64), 'Attempts per episode.', { verl: 'rollout.multi_turn.max_turns' }),
});

const sft = z.strictObject({
  data: named(
    path('a JSONL or Parquet file').optional(),
    'Rows with `messages`, or `prompt` and `completion`.',
  ),
  updates: named(count(1, 100_000), 'Updates.', {
    trl: 'max_steps',
    verl: 'trainer.total_training_steps',
    primeRl: 'max_steps',
  }),
  batchSize: named(count(1, 4096), 'Rows per update.', {
    trl: 'per_device_train_batch_size',
    verl: 'data.train_batch_size',
    primeRl: 'data.batch_size',
  }),
  ...rates,
});

const mol = z.strictObject({
  method: named(
    oneOf(['mol', 'ce', 'replay']),
    "What is learned from feedback: 'mol' adds the KL to the base, 'ce' nothing, 'replay' CE on general text.",
  ),
  alpha: named(positive(100), 'Weight of both KL terms.'),
  updates: named(count(1, 100_000), 'Updates.'),
  batchSize: named(count(1, 4096), 'Episodes, and general sequences, per update.'),
  ...rates,
});

const grpo = z.strictObject({
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
  microBatchSize: named(
    count(1, 65_536).optional(),
    'Completions per forward and backward pass: memory, not arithmetic. Default: all.',
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
  generalKl: named(
    count(0, 1024),
    'Sequences of general text that each update holds to the base by KL.',
  ),
  ...rates,
});

const evaluation = z.strictObject({
  tasks: named(count(1, 100_000), 'Held-out tasks.'),
  temperature: named(within(0, 10), 'Of the sampled accuracy; greedy is always measured too.'),
  everySteps: named(
    count(1, 100_000).optional(),
    'Also after this many GRPO updates. Default: only as a stage.',
    { trl: 'eval_steps', verl: 'trainer.test_freq', primeRl: 'eval.interval' },
  ),
});

/** A whole run. Everything that decides its outcome is in here. */
export const trainerSchema = z.strictObject({
  model: named(
    path('a model folder').optional(),
    'Folder of the base model. Default: the 0.5 M one that ships with the example.',
    { trl: 'model_name_or_path', verl: 'model.path', primeRl: 'model.name' },
  ),
  format: named(
    oneOf(['auto', 'recipe', 'qwen3']),
    "How conversations are written down. 'auto': 'recipe' for the shipped model, else 'qwen3'.",
  ),
  lora: named(lora.optional(), 'Train an adapter instead of all weights.', { trl: 'use_peft' }),
  environment: named(
    z.string('must be a name or a file'),
    `What is played: ${ENVIRONMENTS.join(', ')}, or a TypeScript file that exports an environment.`,
    { verl: 'reward_model', primeRl: 'env.id' },
  ),
  families: named(z.array(z.string()).optional(), "Families of 'gym', mixed. Default: all 30."),
  level: named(count(0, 20), "Level of the 'gym' tasks."),
  system: named(z.string().optional(), 'System message of every prompt that has none of its own.'),
  data: named(
    path('a JSONL, JSON or Parquet file').optional(),
    'Rows with a `prompt`; whatever else they have, the reward gets.',
    { trl: 'dataset_name', verl: 'data.train_files' },
  ),
  evalData: named(
    path('a JSONL, JSON or Parquet file').optional(),
    'Held-out rows. Default: the last tenth of `data`, at most 256 rows, which is then not trained on.',
    { trl: 'eval_dataset', verl: 'data.val_files' },
  ),
  reward: named(
    path('a TypeScript or JavaScript file').optional(),
    'File with the reward as its default export, and optionally an `accuracy`.',
    { trl: 'reward_funcs', verl: 'custom_reward_function.path' },
  ),
  generalText: named(
    path('a text file').optional(),
    'Text whose NLL and KL to the base are measured, and which `generalKl` and `mol` hold. Default: the shipped excerpt.',
  ),
  stages: named(
    z.array(oneOf(STAGES)).min(1, 'must name a stage'),
    `In this order: ${STAGES.join(', ')}.`,
  ),
  seed: named(count(0, 2 ** 31), 'Of everything random.', {
    trl: 'seed',
    verl: 'data.seed',
    primeRl: 'seed',
  }),
  saveSteps: named(count(1, 100_000), 'Updates between checkpoints.', {
    trl: 'save_steps',
    verl: 'trainer.save_freq',
    primeRl: 'ckpt.interval',
  }),
  saveTotalLimit: named(count(1, 1000), 'Checkpoints that are kept.', {
    trl: 'save_total_limit',
    verl: 'trainer.max_actor_ckpt_to_keep',
    primeRl: 'ckpt.keep',
  }),
  adamBeta1: named(within(0, 0.999999), 'Decay of the first moment.', {
    trl: 'adam_beta1',
    verl: 'optim.betas[0]',
    primeRl: 'optim.betas1',
  }),
  adamBeta2: named(within(0, 0.999999), 'Decay of the second moment.', {
    trl: 'adam_beta2',
    verl: 'optim.betas[1]',
    primeRl: 'optim.betas2',
  }),
  weightDecay: named(within(0, 1), 'Decoupled decay.', {
    trl: 'weight_decay',
    verl: 'optim.weight_decay',
    primeRl: 'optim.weight_decay',
  }),
  kernels: named(oneOf(['auto', 'native', 'wasm']), 'Which kernels compute.'),
  collect,
  sft,
  mol,
  grpo,
  eval: evaluation,
});

/** A run with every setting. */
export type TrainerSettings = z.infer<typeof trainerSchema>;

/** What is left out has its default: see `defaults.ts`. */
type Partly<T> = {
  [K in keyof T]?: T[K] extends object
    ? T[K] extends readonly unknown[]
      ? T[K]
      : Partly<T[K]>
    : T[K];
};

/** A run as a person writes it. */
export type TrainerConfig = Partly<Omit<TrainerSettings, 'lora'>> & {
  /** A number is a rank. */
  lora?: TrainerSettings['lora'] | number | undefined;
};
