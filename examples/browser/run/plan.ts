/** What can be played on the page. */
export const ENVIRONMENTS = ['codewords', 'codewordsChat', 'sums', 'rows'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

export const ARMS = ['mol+grpo', 'grpo'] as const;
export type Arm = (typeof ARMS)[number];

/** A stage of a run. */
export type StageName = 'collect' | 'mol' | 'grpo';

/** Everything that decides the outcome of a run, but for what a person does while it goes. */
export interface Plan {
  /** Name and fingerprint of the model. */
  model: { name: string; fingerprint: string };
  environment: EnvironmentName;
  /** Of `rows`: the file that they are of. */
  data?: { name: string; fingerprint: string } | undefined;
  arm: Arm;
  /** Rank of an adapter; 0 = all weights. */
  lora: number;
  seed: number;
  /** Episodes with feedback that are played for MoL. */
  episodes: number;
  molUpdates: number;
  molLearningRate: number;
  /** Weight of the KL terms of MoL. */
  alpha: number;
  /** Episodes, and general sequences, per update of MoL. */
  batchSize: number;
  grpoUpdates: number;
  grpoLearningRate: number;
  /** P */
  prompts: number;
  /** G */
  numGenerations: number;
}

/** The main job's settings, with fewer episodes and rollouts: one thread of WebAssembly makes an update in seconds. */
export const DEFAULTS: Omit<Plan, 'model' | 'data'> = {
  ...{ environment: 'codewords', arm: 'mol+grpo', lora: 0, seed: 0 },
  ...{ episodes: 64, molUpdates: 60, molLearningRate: 1e-3, alpha: 0.3, batchSize: 8 },
  ...{ grpoUpdates: 24, grpoLearningRate: 5e-4, prompts: 8, numGenerations: 8 },
};

/** Rates of adapters are larger. */
export const LORA_RATES: Pick<Plan, 'molLearningRate' | 'grpoLearningRate'> = {
  ...{ molLearningRate: 5e-3, grpoLearningRate: 2e-3 },
};

/** Environments that answer in words; the others can only be rewarded. */
export const SPEAKS: Record<EnvironmentName, boolean> = {
  ...{ codewords: true, codewordsChat: true, sums: false, rows: true },
};

export const stagesOf = ({ arm }: Pick<Plan, 'arm'>): readonly StageName[] =>
  arm === 'grpo' ? ['grpo'] : ['collect', 'mol', 'grpo'];

/** Integers from `low` to `high` and positive numbers, by name. */
const COUNTS: Partial<Record<keyof Plan, [low: number, high: number]>> = {
  ...{ lora: [0, 512], seed: [0, 2 ** 31], episodes: [1, 10_000], molUpdates: [1, 100_000] },
  ...{ batchSize: [1, 1024], grpoUpdates: [1, 100_000], prompts: [1, 1024] },
  numGenerations: [2, 256],
};
const POSITIVE = ['molLearningRate', 'grpoLearningRate', 'alpha'] as const;

/** @throws {Error} One line that names the setting, what it must be and what came. */
export function checkPlan(plan: Plan): Plan {
  const fail = (name: string, must: string, value: unknown): never => {
    throw new Error(`${name} must be ${must}, got ${JSON.stringify(value)}.`);
  };
  if (!ENVIRONMENTS.includes(plan.environment))
    fail('environment', `one of ${ENVIRONMENTS.join(', ')}`, plan.environment);
  if (plan.environment === 'rows' && !(plan.data?.name && plan.data.fingerprint))
    fail('data', 'the file that the rows are of', plan.data ?? null);
  if (!ARMS.includes(plan.arm)) fail('arm', `one of ${ARMS.join(', ')}`, plan.arm);
  for (const [name, [low, high]] of Object.entries(COUNTS)) {
    const value = plan[name as keyof Plan] as number; // a name of COUNTS
    const fits = Number.isInteger(value) && value >= low && value <= high;
    if (!fits) fail(name, `a whole number from ${low} to ${high}`, value);
  }
  for (const name of POSITIVE) {
    const value = plan[name];
    if (!(value > 0 && value <= 100)) fail(name, 'a number above 0, at most 100', value);
  }
  if (plan.arm === 'mol+grpo' && !SPEAKS[plan.environment])
    fail('arm', `grpo for ${plan.environment}, which answers in numbers only`, plan.arm);
  return plan;
}
