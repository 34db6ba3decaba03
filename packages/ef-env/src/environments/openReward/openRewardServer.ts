import type { RemoteServer } from '../remote/serverUrl.ts';

/** A server of ORS and how to talk to it. */
export interface OpenRewardServer extends RemoteServer {
  /** Of a whole call, milliseconds. */
  callTimeout: number;
  /** How long an environment may be set up, milliseconds. */
  startTimeout: number;
  /** How often a request is repeated. */
  retries: number;
  /** Handed to the environment of each session. */
  secrets: Readonly<Record<string, string>> | undefined;
}

export interface OpenRewardRequestOptions {
  /** Rejects with its reason. */
  signal?: AbortSignal | undefined;
}
