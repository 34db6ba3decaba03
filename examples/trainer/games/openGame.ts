import { existsSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import { ENVIRONMENTS, type EnvironmentName, type TrainerSettings } from '../config/schema.ts';
import { codeGame } from './codeGame.ts';
import { codewordsGame } from './codewordsGame.ts';
import { dialogueGame } from './dialogueGame.ts';
import type { Game } from './game.ts';
import { gymGame } from './gymGame.ts';
import { mathsGame } from './mathsGame.ts';
import { mixedGame } from './mixedGame.ts';
import { openEnvGame } from './openEnvGame.ts';
import { ownGame } from './ownGame.ts';
import { promptGame } from './promptGame.ts';
import { retrievalGame } from './retrievalGame.ts';
import { toolsGame } from './toolsGame.ts';

type Opener = (settings: TrainerSettings) => Game | Promise<Game>;

/** checkSettings has asked for the files that each needs. */
const OPEN: Record<EnvironmentName, Opener> = {
  prompt: promptGame,
  maths: (settings) => mathsGame({ ...settings, data: settings.data! }),
  gym: (settings) =>
    gymGame({ ...settings, prompts: settings.grpo.updates * settings.grpo.prompts }),
  codewords: codewordsGame,
  code: (settings) => codeGame({ ...settings, data: settings.data! }),
  tools: (settings) => toolsGame({ ...settings, data: settings.data!, tools: settings.tools! }),
  retrieval: (settings) =>
    retrievalGame({ ...settings, data: settings.data!, documents: settings.documents! }),
  dialogue: (settings) => dialogueGame({ ...settings, data: settings.data!, rule: settings.rule! }),
};

/** The game that the settings name. @throws {Error} One line naming the setting, what came and what can be given. */
export async function openGame(settings: TrainerSettings): Promise<Game> {
  const { environment, weights } = settings;
  if (existsSync(environment)) return ownGame(settings);
  const names = environment.split('+').map((name) => name.trim());
  if (weights !== undefined && weights.length !== names.length) {
    throw new Error(
      `weights: must be one for each environment (${names.length}), got ${weights.length}. Give --weights ${names.map(() => 1).join(',')}.`,
    );
  }
  if (names.length === 1) return openOne(environment, settings);
  const parts = names.map(async (name, i) => ({
    ...{ name, game: await openOne(name, settings) },
    weight: weights?.[i] ?? 1,
  }));
  return mixedGame(await Promise.all(parts));
}

async function openOne(name: string, settings: TrainerSettings): Promise<Game> {
  if (name.startsWith('openenv:'))
    return openEnvGame({ ...settings, url: name.slice('openenv:'.length) });
  if (Object.hasOwn(OPEN, name)) return OPEN[name as EnvironmentName](settings); // a key of it
  if (existsSync(name)) return ownGame({ ...settings, environment: name });
  throw new Error(
    `environment: '${name}' is neither a name (${ENVIRONMENTS.join(', ')}, openenv:URL, or several with + between) nor a file that is there. Did you mean '${closest(name, ENVIRONMENTS)}'?`,
  );
}
