import { EfEnvError } from '../../base/errors.ts';
import { pause } from '../remote/pause.ts';
import { refusalOf } from '../remote/refusal.ts';
import type { SessionSlots } from '../remote/sessionSlots.ts';
import type { OpenEnvResult } from './answer.ts';
import type { OpenEnvClient } from './openEnvClient.ts';
import type { OpenEnvSession } from './openEnvSession.ts';

/** Waits before a full server is asked again, milliseconds: it may be about to free a session that was just left. */
const PAUSES = [50, 200, 800];

/** A session whose episode has begun. */
export interface StartedSession {
  session: OpenEnvSession;
  first: OpenEnvResult;
}

/** What a server's `reset` is told, and what ends the wait for it. */
interface Reset {
  args: Readonly<Record<string, unknown>>;
  signal: AbortSignal | undefined;
}

/** Takes a place and begins an episode in a new session; closing that gives the place back. */
export async function startSession(
  client: OpenEnvClient,
  slots: SessionSlots,
  reset: Reset,
): Promise<StartedSession> {
  const giveBack = await slots.take(reset.signal);
  try {
    const { session, first } = await askUntilFree(client, reset);
    return { first, session: { ...session, close: () => session.close().then(giveBack) } };
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function askUntilFree(client: OpenEnvClient, reset: Reset): Promise<StartedSession> {
  for (const wait of PAUSES) {
    try {
      return await ask(client, reset);
    } catch (error) {
      if (refusalOf(error)?.code !== 'CAPACITY_REACHED') throw error;
      await pause(wait, reset.signal);
    }
  }
  return ask(client, reset);
}

async function ask(client: OpenEnvClient, { args, signal }: Reset): Promise<StartedSession> {
  const session = await client.session({ signal });
  try {
    const first = await session.reset(args, { signal });
    if (!first.done) return { session, first };
    throw new EfEnvError(
      'server',
      `openEnv: reset must begin an episode, the server answered done. Give the task other arguments than ${JSON.stringify(args)}.`,
    );
  } catch (error) {
    await session.close();
    throw error;
  }
}
