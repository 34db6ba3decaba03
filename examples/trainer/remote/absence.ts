import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that may go away for a while, for all requests to it together. */
export interface Absence {
  /** Nobody was there. @returns Whether to ask again, after a while. */
  again(): Promise<boolean>;
  /** It answered. */
  over(): void;
  /** It is not waited for any more. */
  end(): void;
}

export interface AbsenceOptions {
  url: string;
  /** How long it may be away, milliseconds. */
  patience: number;
  /** Told once when it goes away and once when it is back. */
  say(text: string): void;
  /** The setting that names the server: lines begin with it. */
  setting: string;
  /** Between two tries, milliseconds, with up to as much on top. Default 1 s. */
  wait?: number | undefined;
}

export function absence(options: AbsenceOptions): Absence {
  const { url, patience, say, setting, wait = 1000 } = options;
  const ended = new AbortController();
  setMaxListeners(0, ended.signal); // a request each
  let since: number | undefined;
  return {
    async again() {
      if (ended.signal.aborted) return false;
      if (since === undefined) say(`${setting}: ${url} went away; waiting for it.`);
      since ??= performance.now();
      if (performance.now() - since > patience) return false;
      const longer = wait * (1 + Math.random()); // of the clock's world
      await sleep(longer, undefined, { signal: ended.signal }).catch(() => {});
      return !ended.signal.aborted;
    },
    over() {
      if (since !== undefined) say(`${setting}: ${url} is back.`);
      since = undefined;
    },
    end: () => ended.abort(),
  };
}
