import type { OpenEnvResult } from './answer.ts';

export interface OpenEnvRequestOptions {
  /** Rejects with its reason and ends the session: an answer that comes late must not count for the next request. */
  signal?: AbortSignal | undefined;
}

/** An environment on a server, for one client. One request at a time. */
export interface OpenEnvSession {
  /** Starts an episode. The server passes on the arguments that its environment knows, `seed` among them, and drops others. */
  reset(
    args?: Readonly<Record<string, unknown>>,
    options?: OpenEnvRequestOptions,
  ): Promise<OpenEnvResult>;
  /** `action`: the fields of the environment's class of actions. */
  step(
    action: Readonly<Record<string, unknown>>,
    options?: OpenEnvRequestOptions,
  ): Promise<OpenEnvResult>;
  /** The server's account of the episode: `episode_id`, `step_count`, and what the environment adds. */
  state(options?: OpenEnvRequestOptions): Promise<Record<string, unknown>>;
  /** Leaves. Resolves when the server has let go of the session, or after 5 s without that; never rejects. */
  close(): Promise<void>;
}
