import type { TrainerConfig, TrainerSettings } from './schema.ts';

const RATES = { lrSchedulerType: 'constant_with_warmup', warmupSteps: 3, maxGradNorm: 1 } as const;

const DEFAULTS: TrainerSettings = {
  format: 'auto',
  environment: 'prompt',
  level: 0,
  language: 'javascript',
  attempts: 3,
  actionField: 'message',
  callRewards: 'last',
  secrets: [],
  stages: ['grpo', 'eval'],
  seed: 0,
  streams: 'place',
  saveSteps: 20,
  saveTotalLimit: 2,
  reportTo: ['tensorboard'],
  project: 'molrl',
  optim: 'adamw',
  adamBeta1: 0.9,
  adamBeta2: 0.98,
  weightDecay: 0,
  gradientCheckpointing: false,
  engineTokenVariable: 'TINKER_API_KEY',
  rolloutsTokenVariable: 'MOLRL_ROLLOUTS_TOKEN',
  rolloutsPatience: 300,
  workersTokenVariable: 'NATS_TOKEN',
  changes: [],
  device: 'cpu',
  kernels: 'auto',
  collect: {
    ...{ episodes: 128, maxTurns: 4 },
    ...{ model: 'default', tokenVariable: 'MOLRL_COLLECT_TOKEN' },
  },
  sft: { updates: 30, batchSize: 12, learningRate: 3e-4, ...RATES },
  mol: {
    method: 'mol',
    kl: 'full',
    alpha: 0.3,
    updates: 120,
    batchSize: 8,
    learningRate: 3e-4,
    ...RATES,
  },
  live: {
    method: 'sdpo',
    updates: 50,
    prompts: 8,
    numGenerations: 8,
    temperature: 1,
    learningRate: 2e-4,
    ...RATES,
  },
  grpo: {
    updates: 50,
    prompts: 8,
    numGenerations: 8,
    maxCompletionLength: 128,
    temperature: 1,
    lossType: 'dapo',
    beta: 0,
    entropyCoef: 0,
    scaleRewards: 'group',
    numIterations: 1,
    miniBatches: 1,
    dynamicSampling: 0,
    overlongCache: 0,
    maxStaleness: 0,
    samplerCorrection: 'none',
    samplerCorrectionCap: 3,
    episodeTimeout: 30,
    maskTruncatedCompletions: false,
    generalKl: 0,
    learningRate: 2e-4,
    ...RATES,
  },
  eval: {
    tasks: 64,
    temperature: 1,
    onStart: true,
    metricForBestModel: 'accuracy',
    loadBestModelAtEnd: false,
    earlyStoppingThreshold: 0,
  },
};

/** A first look: a few updates of everything. */
const QUICK: TrainerConfig = {
  collect: { episodes: 16 },
  sft: { updates: 5 },
  mol: { updates: 5 },
  live: { updates: 5, prompts: 4, numGenerations: 4 },
  grpo: { updates: 5, prompts: 4, numGenerations: 4 },
  eval: { tasks: 16 },
};

type Plain = Record<string, unknown>;

/** Later settings win, key by key; a list is one setting. `undefined` erases nothing. */
export function mergeSettings(...layers: readonly object[]): Plain {
  const merged: Plain = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (value === undefined) continue;
      const before = merged[name];
      merged[name] = isPlain(value) && isPlain(before) ? mergeSettings(before, value) : value;
    }
  }
  return merged;
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The defaults under what was given. */
export const withDefaults = (given: object, quick: boolean): Plain =>
  mergeSettings(DEFAULTS, quick ? QUICK : {}, given);
