import type { Environment, Random, Trajectory } from '@molrl/ef-env';
import { itemOfEpochs } from '../method/epochs.ts';
import { readDataRows, sha256 } from './dataRows.ts';
import type { Game } from './game.ts';
import { importFile } from './importFile.ts';
import type { SftRow } from './sftRow.ts';

/** What an environment file exports. Tasks come from `nextTask`, from `tasks`, or from the rows of `data`. */
export interface EnvironmentFile<Task extends object = object> {
  /** Made by `defineEnvironment`: one attempt, or as many as its `maxTurns`. */
  default: Environment<Task>;
  /** The same with feedback in words, for `collect`. Default: `default`. */
  withFeedback?: Environment<Task> | undefined;
  nextTask?: ((random: Random) => Task) | undefined;
  tasks?: readonly Task[] | undefined;
  evalTasks?: readonly Task[] | undefined;
  /** Worked examples, for the stage `sft` without `sft.data`. */
  sftRows?: readonly SftRow[] | undefined;
  /** Default: the reward is 1. */
  isRight?: ((episode: Trajectory, task: Task) => boolean) | undefined;
}

export interface OwnGameOptions {
  environment: string;
  data?: string | undefined;
  evalData?: string | undefined;
  seed: number;
}

/** An environment of the user's. */
export async function ownGame(options: OwnGameOptions): Promise<Game> {
  const { environment: file, data, evalData, seed } = options;
  const own = (await importFile('environment', file)) as Partial<EnvironmentFile>;
  if (typeof own.default?.start !== 'function') {
    throw new Error(
      `environment: the default export of ${file} must be an environment made by defineEnvironment, got ${own.default === undefined ? 'none' : typeof own.default}.`,
    );
  }
  const rows = data === undefined ? undefined : await readDataRows({ data, evalData, seed });
  const tasks = rows?.train ?? own.tasks;
  const unseen = rows?.heldOut ?? own.evalTasks ?? [];
  const {
    nextTask = tasks && ((_: Random, position: number) => itemOfEpochs(tasks, position, seed)),
  } = own;
  if (!nextTask) {
    throw new Error(
      `environment: ${file} has no tasks. Export \`tasks\` or \`nextTask(random)\` beside the environment, or give --data FILE.jsonl.`,
    );
  }
  return {
    environment: own.default,
    withFeedback: own.withFeedback ?? own.default,
    nextTask,
    sftRows: own.sftRows,
    heldOut: (count) => unseen.slice(0, count),
    isRight: own.isRight ?? (({ reward }) => reward === 1),
    accuracy: own.isRight ? 'by `isRight` of the environment file' : 'the reward is 1',
    files: { ...rows?.files, [file]: await sha256(file) },
  };
}
