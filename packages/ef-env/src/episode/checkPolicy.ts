import { EfEnvError } from '../base/errors.ts';
import type { Policy } from './policy.ts';

/** @throws {EfEnvError} `option` for what is no policy, before it is asked anything. */
export function checkPolicy(caller: string, policy: Partial<Policy>): void {
  if (typeof policy?.generate === 'function') return;
  throw new EfEnvError(
    'option',
    `${caller}: policy must be an object with a function generate, got ${typeof policy}.`,
  );
}
