import type { Environment, Trajectory } from '@molrl/ef-env';
import { itemOfEpochs } from '../method/epochs.ts';
import type { DataRows } from './dataRows.ts';
import type { Game } from './game.ts';

export interface RowsGameOptions<Task extends object> {
  rows: DataRows<Task>;
  seed: number;
  environment: Environment<Task>;
  withFeedback?: Environment<Task> | undefined;
  /** Files read beside the rows, by path. */
  files?: Record<string, string> | undefined;
  /** Default: the reward is 1. */
  isRight?: ((episode: Trajectory, task: Task) => boolean) | undefined;
  accuracy: string;
}

/** A game whose tasks are the rows of a file, each epoch in another order. */
export function rowsGame<Task extends object>(options: RowsGameOptions<Task>): Game<Task> {
  const { rows, seed, environment, withFeedback, files, accuracy } = options;
  return {
    environment,
    withFeedback,
    nextTask: (_, position) => itemOfEpochs(rows.train, position, seed),
    heldOut: (count) => rows.heldOut.slice(0, count),
    isRight: options.isRight ?? (({ reward }) => reward === 1),
    accuracy,
    files: { ...rows.files, ...files },
  };
}
