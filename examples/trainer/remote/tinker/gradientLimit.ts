import type { RemoteWeightsOptions } from './remoteWeights.ts';

/** The highest that the settings know: no limit. */
const NONE = 1e6;

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
  for (const [name, value = NONE] of Object.entries(limit))
    if (value < NONE)
      throw new Error(
        `${name}: ${client.url} ignores grad_clip_norm, as a probe showed (SkyRL 0.4.0 does): steps would not be those of gradients shortened to ${value}. Set it to ${NONE}, and the learning rate to one that needs no limit.`,
      );
}
