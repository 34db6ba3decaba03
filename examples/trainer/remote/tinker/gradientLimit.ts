import { NO_GRAD_LIMIT } from '../../config/sections/rates.ts';
import type { RemoteWeightsOptions } from './remoteWeights.ts';

/**
 * Refuses a limit of the gradient's norm where the server would ignore it: its norm is known after the step alone, so it
 * cannot be shortened here.
 *
 * @param limit - by the name of the setting.
 */
export function checkLimit(
  limit: Record<string, number | undefined>,
  { client, habits }: Pick<RemoteWeightsOptions, 'client' | 'habits'>,
): void {
  if (habits.clips) return;
  for (const [name, value = NO_GRAD_LIMIT] of Object.entries(limit))
    if (value < NO_GRAD_LIMIT)
      throw new Error(
        `${name}: ${client.url} ignores grad_clip_norm, as a probe showed (SkyRL 0.4.0 does): steps would not be those of gradients shortened to ${value}. Set it to ${NO_GRAD_LIMIT}, and the learning rate to one that needs no limit.`,
      );
}
