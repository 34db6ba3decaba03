import { setTimeout as sleep } from 'node:timers/promises';
import { RequestError } from '../../server/requestError.ts';

/** A result: JSON, or the bytes of a message. */
export type Result = object | Uint8Array;

/** Answers that are asked for later, by request id. */
export interface Futures {
  /** Starts it and gives its id. @param job - is told when nobody wants it any more. */
  start(job: (signal: AbortSignal) => Promise<Result>): string;
  /**
   * Waits a while for the result. `undefined`: not yet, ask again.
   *
   * @throws {RequestError} 404 for an id that is not known (any more); what the job threw.
   */
  retrieve(id: string): Promise<Result | undefined>;
  cancel(id: string): void;
}

export interface FuturesOptions {
  /** Names the ids of this start of the server: those of an earlier one are not known, and never mean another request. */
  tag: string;
  /** How long a request is held, milliseconds. */
  hold: number;
  /** Results that are kept; the oldest ones are forgotten. */
  most?: number;
}

export function futures({ tag, hold, most = 4096 }: FuturesOptions): Futures {
  const known = new Map<
    string,
    { result: Promise<Result>; left: AbortController; isDone: boolean }
  >();
  let count = 0;
  const forgetOld = (): void => {
    for (const [id, { isDone }] of known) {
      if (known.size <= most) return;
      if (isDone) known.delete(id);
    }
  };
  return {
    start(job) {
      const id = `${tag}-${++count}`;
      const left = new AbortController();
      const result = job(left.signal);
      const own = { result, left, isDone: false };
      const end = (): void => {
        own.isDone = true;
      };
      result.then(end, end);
      known.set(id, own);
      forgetOld();
      return id;
    },
    async retrieve(id) {
      const own = known.get(id);
      if (!own) throw new RequestError(404, `Future ${id} not found`);
      const stop = new AbortController();
      const late = sleep(hold, undefined, { signal: stop.signal }).catch(() => undefined);
      try {
        return await Promise.race([own.result, late]);
      } finally {
        stop.abort();
      }
    },
    cancel: (id) => known.get(id)?.left.abort(new RequestError(400, 'It was cancelled.')),
  };
}
