import { openEnv } from '@molrl/ef-env';
import { type DataRows, readDataRows } from './dataRows.ts';
import type { Game } from './game.ts';
import { rowsGame } from './rowsGame.ts';

export interface OpenEnvGameOptions {
  /** Address of the server. */
  url: string;
  /** Rows are arguments of `reset`. Default: none, the seed alone. */
  data?: string | undefined;
  evalData?: string | undefined;
  actionField: string;
  /** Episodes at once. Default: that of `openEnv`. */
  sessions?: number | undefined;
  system?: string | undefined;
  seed: number;
}

/** Tasks without arguments: the seed makes the difference. */
const BARE: DataRows<Record<string, unknown>> = {
  train: [{}],
  heldOut: Array.from({ length: 256 }, () => ({})),
  files: {},
};

/** An environment that a server of OpenEnv plays. */
export async function openEnvGame(
  options: OpenEnvGameOptions,
): Promise<Game<Record<string, unknown>>> {
  const { url, data, evalData, actionField, sessions, system, seed } = options;
  const rows = data === undefined ? BARE : await readDataRows({ data, evalData, seed });
  const environment = openEnv({
    ...{ url, system, sessions },
    action: (text) => ({ [actionField]: text }),
    actionErrors: 'feedback',
  });
  return rowsGame({
    ...{ rows, seed, environment, withFeedback: environment },
    accuracy: 'the server gives a reward of 1',
  });
}
