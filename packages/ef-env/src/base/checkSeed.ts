import { EfEnvError } from './errors.ts';

/** @throws {EfEnvError} `option` for a seed that is missing or no integer that a number holds exactly: it would silently be always the same. */
export function checkSeed(caller: string, seed: number): void {
  if (Number.isSafeInteger(seed)) return;
  throw new EfEnvError(
    'option',
    `${caller}: seed must be an integer, got ${seed}. All that is random comes from it.`,
  );
}
