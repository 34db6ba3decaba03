import { pause } from '../remote/pause.ts';
import { refusalOf } from '../remote/refusal.ts';
import type { OpenRewardServer } from './openRewardServer.ts';
import type { OpenRewardRefusal } from './refusal.ts';

/** Before the first repetition, milliseconds; then twice as long each time, up to the longest. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;

/** What may pass: the server is restarted, or something between it and us is busy. */
const PASSING = ['UNREACHABLE', 'HTTP 429', 'HTTP 502', 'HTTP 503', 'HTTP 504'];

export interface RetryOptions {
  signal: AbortSignal;
  /** Whether a failed attempt has surely done nothing, or does the same when it is repeated. Default: always. */
  repeatable?: (() => boolean) | undefined;
}

/**
 * Runs `attempt` again when it failed for a reason that may pass, after waits that grow and differ by chance, so that many
 * clients do not come back at once. An environment that is still being set up is asked until `startTimeout`: there
 * nothing was done.
 */
export async function withRetries<T>(
  { retries, startTimeout }: OpenRewardServer,
  { signal, repeatable = () => true }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const begin = Date.now();
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      const { code = '', retryAfter }: Partial<OpenRewardRefusal> = refusalOf(error) ?? {};
      const starting = code === 'STARTING';
      if (starting ? Date.now() - begin >= startTimeout : !PASSING.includes(code)) throw error;
      if (!starting && (failures++ >= retries || !repeatable())) throw error;
      const grown = FIRST_WAIT * 2 ** Math.max(0, failures - 1) * (0.5 + Math.random() / 2);
      await pause(Math.min(LONGEST_WAIT, retryAfter ?? grown), signal);
    }
  }
}
