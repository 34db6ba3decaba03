import { checkSeed } from '../../base/checkSeed.ts';
import { EfEnvError } from '../../base/errors.ts';
import { createRandom, mixSeeds } from '../../base/random.ts';
import { readOptions } from '../../base/readOptions.ts';
import type { GymItem } from './core/gymFamily.ts';
import { GYM_FAMILIES, type GymFamilyName } from './gymFamilies.ts';

/** A task of one of the 30 families. */
export interface GymTask extends GymItem<unknown> {
  family: GymFamilyName;
  level: number;
}

export interface GymTaskOptions {
  /** Difficulty from 0. Default 0. */
  level?: number | undefined;
  /** No default: a wrong guess would repeat tasks. */
  seed: number;
}

/**
 * One seeded task of a family.
 *
 * @throws {EfEnvError} `option` for an unknown family, a level it does not have, or a seed that is no integer.
 *
 * @example
 * gymTask('gcd', { seed: 1 }).question; // 'What is the greatest common divisor of 2, 3? Answer with the number only.'
 */
export function gymTask(family: GymFamilyName, options: GymTaskOptions): GymTask {
  const given = readOptions('gymTask', options, {
    seed: 'required',
    level: 'optional',
  });
  const { level = 0, seed } = given;
  if (!Object.hasOwn(GYM_FAMILIES, family)) {
    throw new EfEnvError(
      'option',
      `gymTask: unknown family '${family}'. Known: ${Object.keys(GYM_FAMILIES).join(', ')}.`,
    );
  }
  const { levels, generate } = GYM_FAMILIES[family];
  if (!Number.isInteger(level) || level < 0 || level >= levels) {
    throw new EfEnvError(
      'option',
      `gymTask: ${family} has the levels 0 to ${levels - 1}, got ${level}.`,
    );
  }
  checkSeed('gymTask', seed);
  return { family, level, ...generate(createRandom(mixSeeds('gym', family, level, seed)), level) };
}
