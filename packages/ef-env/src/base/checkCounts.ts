import { EfEnvError } from './errors.ts';

/** What 32 bits hold: counts index arrays and go into messages, nobody means more. */
const MOST = 2 ** 32 - 1;

/** @throws {EfEnvError} `option` for one that is no integer of at least `least`. */
export function checkCounts(caller: string, counts: Record<string, unknown>, least = 1): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= MOST) continue;
    const got = typeof value === 'string' ? JSON.stringify(value) : String(value);
    const most = Number(value) > MOST ? ' and below 2^32' : '';
    throw new EfEnvError(
      'option',
      `${caller}: ${name} must be an integer >= ${least}${most}, got ${got}.`,
    );
  }
}
