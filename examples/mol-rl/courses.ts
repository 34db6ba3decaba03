import { join } from 'node:path';
import { mergeSettings } from '../trainer/config/defaults.ts';
import type { StageName, TrainerConfig } from '../trainer/config/schema.ts';
import codewords from '../trainer/courses/codewords.ts';
import { trajectoriesFile } from '../trainer/harness/run.ts';
import type { Arm, Settings } from './options.ts';

/** A run of the trainer, with the arms that lie on its way. */
export interface Course {
  seed: number;
  name: (typeof NAMES)[number];
  /** Its folder. */
  out: string;
  config: TrainerConfig & { stages: StageName[] };
  /** What each of its evaluations measures. */
  arms: Arm[];
}

const NAMES = ['base', 'grpo', 'ce', 'replay', 'mol'] as const;

/**
 * The runs that measure the arms: per seed one of the base, which also plays the episodes with feedback, one of GRPO alone,
 * and one per kind of stage 1, which is evaluated before GRPO and after it.
 */
export function coursesOf(settings: Settings, out: string): Course[] {
  const seeds = Array.from({ length: settings.seeds }, (_, i) => settings.seed + i);
  return seeds.flatMap((seed) =>
    NAMES.flatMap((name) => {
      const arms = settings.arm.filter((arm) => arm.split('+')[0] === name);
      const stages = stagesOf(name, settings.arm);
      const course = { seed, name, out: folderOf(out, seed, name), arms };
      if (stages.length === 0) return [];
      const data = trajectoriesFile(folderOf(out, seed, 'base'));
      return { ...course, config: { ...configOf(settings, { seed, name, data }), stages } };
    }),
  );
}

/** Where the runs are. */
export const coursesFolder = (out: string): string => join(out, 'runs');

const folderOf = (out: string, seed: number, name: Course['name']): string =>
  join(coursesFolder(out), `${seed}-${name}`);

function stagesOf(name: Course['name'], arms: readonly Arm[]): StageName[] {
  const when = (arm: Arm, ...stages: StageName[]): StageName[] =>
    arms.includes(arm) ? stages : [];
  if (name === 'grpo') return when('grpo', 'grpo', 'eval');
  if (name === 'base') {
    const isTaught = arms.some((arm) => arm !== 'base' && arm !== 'grpo');
    return [...when('base', 'eval'), ...(isTaught ? (['collect'] as const) : [])];
  }
  const after = [...when(name, 'eval'), ...when(`${name}+grpo`, 'grpo', 'eval')];
  return after.length === 0 ? [] : ['mol', ...after];
}

/** The codewords configuration of the trainer, with what was asked for. */
function configOf(
  settings: Settings,
  { seed, name, data }: { seed: number; name: Course['name']; data: string },
): TrainerConfig {
  const { alpha, updates, batchSize, learningRate, prompts, numGenerations, generalKl } = settings;
  const method = name === 'base' || name === 'grpo' ? {} : { method: name, data };
  const { model, lora, device, kernels, episodes, evalTasks: tasks, split } = settings;
  const own: TrainerConfig = {
    ...{ model, seed, device, kernels, saveSteps: settings.checkpointEvery },
    lora: lora === undefined ? undefined : { r: lora },
    collect: { episodes },
    mol: { ...method, alpha, updates, batchSize, learningRate },
    grpo: {
      ...{ updates: settings.grpoUpdates, learningRate: settings.grpoLearningRate },
      ...{ prompts, numGenerations, generalKl },
    },
    eval: { tasks, split, onStart: false },
  };
  return mergeSettings(codewords, own) as TrainerConfig;
}
