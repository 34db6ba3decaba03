import { existsSync } from 'node:fs';
import { environmentsOf } from '../config/checkEnvironment.ts';
import type { EnvironmentName, TrainerSettings } from '../config/schema.ts';
import { codeGame } from './codeGame.ts';
import { codewordsChatGame, codewordsGame } from './codewordsGame.ts';
import { dialogueGame } from './dialogueGame.ts';
import { feedbackGame } from './feedbackGame.ts';
import type { Game } from './game.ts';
import { gymGame } from './gymGame.ts';
import { mathsGame } from './mathsGame.ts';
import { mixedGame } from './mixedGame.ts';
import { openEnvGame } from './openEnvGame.ts';
import { openRewardGame } from './openRewardGame.ts';
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
  codewords: (settings) => codewordsGame(settings.eval),
  'codewords-chat': (settings) => codewordsChatGame(settings.eval),
  code: (settings) => codeGame({ ...settings, data: settings.data! }),
  tools: (settings) => toolsGame({ ...settings, data: settings.data!, tools: settings.tools! }),
  retrieval: (settings) =>
    retrievalGame({ ...settings, data: settings.data!, documents: settings.documents! }),
  dialogue: (settings) => dialogueGame({ ...settings, data: settings.data!, rule: settings.rule! }),
};

/** The game that the settings name. @throws {Error} also where a later stage could not play it. */
export async function openGame(settings: TrainerSettings): Promise<Game> {
  const game = await openNamed(settings);
  for (const stage of settings.stages)
    if (stage === 'collect' || stage === 'live') feedbackGame(game, stage);
  return game;
}

async function openNamed(settings: TrainerSettings): Promise<Game> {
  const names = environmentsOf(settings.environment);
  if (names.length === 1) return openOne(names[0]!, settings); // one
  const parts = names.map(async (name, i) => ({
    ...{ name, game: await openOne(name, settings) },
    weight: settings.weights?.[i] ?? 1,
  }));
  return mixedGame(await Promise.all(parts));
}

/** What is neither a name nor an address is a file: checkEnvironment has seen it. */
async function openOne(name: string, settings: TrainerSettings): Promise<Game> {
  if (name.startsWith('openenv:'))
    return openEnvGame({ ...settings, url: name.slice('openenv:'.length) });
  if (name.startsWith('openreward:'))
    return openRewardGame({ ...settings, url: name.slice('openreward:'.length) });
  if (existsSync(name) || !Object.hasOwn(OPEN, name))
    return ownGame({ ...settings, environment: name });
  return OPEN[name as EnvironmentName](settings); // a key of it
}
