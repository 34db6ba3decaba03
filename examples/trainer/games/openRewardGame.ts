import {
  type OpenRewardClient,
  type OpenRewardPlace,
  type OpenRewardTask,
  openReward,
  openRewardClient,
} from '@molrl/ef-env';
import { type DataRows, holdOut, readDataRows } from './dataRows.ts';
import type { Game } from './game.ts';
import { rowsGame } from './rowsGame.ts';

export interface OpenRewardGameOptions {
  /** Address of the server; the last part of its path is the name of the environment. */
  url: string;
  /** Rows are descriptions of tasks or their places. Default: the splits of the server. */
  data?: string | undefined;
  evalData?: string | undefined;
  callRewards: 'last' | 'sum';
  /** Episodes at once. Default: that of `openReward`. */
  sessions?: number | undefined;
  /** Names of environment variables. */
  secrets: readonly string[];
  system?: string | undefined;
  seed: number;
}

/** An environment that a server of the Open Reward Standard plays. */
export async function openRewardGame(
  options: OpenRewardGameOptions,
): Promise<Game<OpenRewardTask>> {
  const { data, evalData, callRewards, sessions, system, seed } = options;
  const server = { ...addressOf(options.url), secrets: valuesOf(options.secrets) };
  const rows: DataRows<OpenRewardTask> =
    data === undefined
      ? await splitRows(openRewardClient(server), { url: options.url, seed })
      : await readDataRows({ data, evalData, seed });
  const environment = openReward({ ...server, system, sessions, rewards: callRewards });
  return rowsGame({
    ...{ rows, seed, environment, withFeedback: environment },
    accuracy: 'the server gives a reward of 1',
  });
}

/** `http://host/steps` is the environment steps at `http://host`; a path that ends with a slash names none. */
function addressOf(text: string): { url: string; environment?: string } {
  const { pathname } = URL.canParse(text) ? new URL(text) : { pathname: '/' }; // ef-env says what is wrong
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  if (name === '') return { url: text };
  const url = new URL(text);
  url.pathname = pathname.slice(0, -name.length);
  return { url: url.href, environment: decodeURIComponent(name) };
}

function valuesOf(names: readonly string[]): Record<string, string> | undefined {
  const missing = names.filter((name) => process.env[name] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `secrets: ${missing.join(', ')} must be set in the environment of this process. Set it, or leave the name out.`,
    );
  }
  const values = names.map((name) => [name, process.env[name] ?? '']);
  return names.length > 0 ? Object.fromEntries(values) : undefined;
}

/** The tasks of the server's split for training; held out are those for tests, else for validation, else a tenth. */
async function splitRows(
  client: OpenRewardClient,
  { url, seed }: { url: string; seed: number },
): Promise<DataRows<OpenRewardPlace>> {
  const splits = await client.splits();
  const named = (type: string): string | undefined =>
    splits.find((split) => split.type === type)?.name;
  const [train, test] = [named('train'), named('test') ?? named('validation')];
  if (train === undefined) {
    const known = splits.map(({ name, type }) => `${name} (${type})`).join(', ');
    throw new Error(
      `environment: ${url} must have a split for training, it has ${known || 'none'}. Give --data rows.jsonl with rows like {"split": "${splits[0]?.name ?? 'train'}", "index": 0}.`,
    );
  }
  const rows = await client.rows(train);
  if (rows.length === 0) {
    throw new Error(`environment: the split ${train} of ${url} must have tasks, it has none.`);
  }
  if (test === undefined) return { ...holdOut(rows, seed), files: {} };
  return { train: rows, heldOut: await client.rows(test), files: {} };
}
