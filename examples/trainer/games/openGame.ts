import { existsSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import { ENVIRONMENTS, type TrainerSettings } from '../config/schema.ts';
import { codewordsGame } from './codewordsGame.ts';
import type { Game } from './game.ts';
import { gymGame } from './gymGame.ts';
import { mathsGame } from './mathsGame.ts';
import { ownGame } from './ownGame.ts';
import { promptGame } from './promptGame.ts';

/** The game that the settings name. @throws {Error} One line naming the setting, what came and what can be given. */
export async function openGame(settings: TrainerSettings): Promise<Game> {
  const { environment, families, level, data, evalData, reward, system, seed } = settings;
  // checkSettings has asked for data and reward where they are needed
  if (environment === 'prompt') return promptGame({ data, evalData, reward, system, seed });
  if (environment === 'maths') return mathsGame({ data: data!, evalData, system, seed });
  if (environment === 'gym') return gymGame({ families, level });
  if (environment === 'codewords') return codewordsGame();
  if (existsSync(environment)) return ownGame({ environment, data, evalData, seed });
  throw new Error(
    `environment: '${environment}' is neither a name (${ENVIRONMENTS.join(', ')}) nor a file that is there. Did you mean '${closest(environment, ENVIRONMENTS)}'?`,
  );
}
