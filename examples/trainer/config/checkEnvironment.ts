import { existsSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import { ENVIRONMENTS, type TrainerSettings } from './schema.ts';

const isName = (name: string): boolean =>
  ENVIRONMENTS.some((known) => known === name) || /^open(?:env|reward):/.test(name);

/** The environments of a run, one or several with + between; a file's path may hold a +. */
export const environmentsOf = (environment: string): string[] =>
  existsSync(environment) ? [environment] : environment.split('+').map((name) => name.trim());

/** @throws {Error} One line naming the setting, what came and what can be given. */
export function checkEnvironment({ environment, weights }: TrainerSettings): void {
  const names = environmentsOf(environment);
  for (const name of names) {
    if (isName(name) || existsSync(name)) continue;
    throw new Error(
      `environment: '${name}' is neither a name (${ENVIRONMENTS.join(', ')}, openenv:URL, openreward:URL, or several with + between) nor a file that is there. Did you mean '${closest(name, ENVIRONMENTS)}'?`,
    );
  }
  if (weights !== undefined && weights.length !== names.length) {
    throw new Error(
      `weights: must be one for each environment (${names.length}), got ${weights.length}. Give --weights ${names.map(() => 1).join(',')}.`,
    );
  }
}
