import type { ChatFormat } from '@molrl/qwen3';
import { z } from 'zod';
import { ENGINES } from '../harness/engines.ts';
import { changes } from './sections/changes.ts';
import { collect } from './sections/collect.ts';
import { evaluation } from './sections/evaluation.ts';
import { exporting } from './sections/exporting.ts';
import { grpo } from './sections/grpo.ts';
import { live } from './sections/live.ts';
import { lora } from './sections/lora.ts';
import { mol } from './sections/mol.ts';
import { optimizer } from './sections/optimizer.ts';
import { play } from './sections/play.ts';
import { remote } from './sections/remote.ts';
import { saving } from './sections/saving.ts';
import { sft } from './sections/sft.ts';
import { tiles } from './sections/tiles.ts';
import { tracking } from './sections/tracking.ts';
import { count, named, oneOf, path } from './settingTypes.ts';

export const STAGES = ['collect', 'sft', 'mol', 'live', 'grpo', 'eval'] as const;
export type StageName = (typeof STAGES)[number];

export const ENVIRONMENTS = [
  ...([
    'prompt',
    'maths',
    'gym',
    'codewords',
    'codewords-chat',
    'code',
    'tools',
    'retrieval',
    'dialogue',
  ] as const),
] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

/** Those of qwen3 by name, which takes seconds to load. */
export const FORMATS = [
  ...(['auto', 'recipe', 'chatml', 'qwen3', 'qwen3-non-thinking', 'smollm2', 'llama3'] as const),
] as const satisfies readonly ('auto' | ChatFormat)[];

/** A whole run. Everything that decides its outcome is in here. */
export const trainerSchema = z.strictObject({
  model: named(
    path('a model folder or a GGUF file').optional(),
    'The base model: a Hugging Face folder or a .gguf file. Default: the 0.5 M one that ships with the example.',
    { trl: 'model_name_or_path', verl: 'model.path', primeRl: 'model.name' },
  ),
  format: named(
    oneOf(FORMATS),
    "How conversations are written down. 'auto': as the model's chat template does.",
  ),
  lora: named(lora.optional(), 'Train an adapter instead of all weights.', { trl: 'use_peft' }),
  environment: named(
    z.string('must be a name or a file'),
    `What is played: ${ENVIRONMENTS.join(', ')}, openenv:URL, openreward:URL, or a TypeScript file that exports an environment; several with + between.`,
    { verl: 'reward_model', primeRl: 'env.id' },
  ),
  ...play,
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
    path('a text file, or `base`').optional(),
    'Text whose NLL and KL to the base are measured, and which `generalKl` and `mol` hold: a file, or `base` for what the base says of its own accord. Default: the shipped excerpt.',
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
  streams: named(
    oneOf(['place', 'stage']),
    "What random streams are named by. 'place': each stage of a run has its own. 'stage': a kind of stage has the same one at every place, so that runs of other stages see the same prompts; for comparisons.",
  ),
  ...saving,
  ...exporting,
  ...tracking,
  ...optimizer,
  ...remote,
  changes,
  device: named(oneOf(ENGINES), "'webgpu': a GPU, in Node with the package webgpu installed."),
  tiles: named(tiles.optional(), 'In what pieces a GPU computes products.'),
  kernels: named(oneOf(['auto', 'native', 'wasm']), 'Which kernels of the CPU compute.'),
  collect,
  sft,
  mol,
  live,
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
