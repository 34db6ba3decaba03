import { RequestError } from '../../server/requestError.ts';

/** Weights that a client samples from. */
export interface SamplingSession {
  sessionId: string;
  /** None: the base. */
  uri: string | undefined;
}

interface Session {
  /** Of the last sign of life, milliseconds. */
  heard: number;
  models: Set<string>;
  lastSeq: Map<string, number>;
}

export interface SessionsOptions {
  /** Names the ids of this start of the server. */
  tag: string;
  /** Silence after which a session is over, milliseconds. */
  stale: number;
  now?: () => number;
  /** A session is over: its models are of no use any more. */
  onEnd(models: readonly string[]): void;
}

/** Clients, their models and what they sample from. */
export function sessions({ tag, stale, now = Date.now, onEnd }: SessionsOptions) {
  const known = new Map<string, Session>();
  const sampling = new Map<string, SamplingSession>();
  const owners = new Map<string, string>(); // session by model
  const find = (id: string): Session => {
    const found = known.get(id);
    if (!found)
      throw new RequestError(
        404,
        `There is no session ${id}: it ended, or is of an earlier start.`,
      );
    found.heard = now();
    return found;
  };
  const end = (id: string): void => {
    const session = known.get(id);
    known.delete(id);
    for (const [own, { sessionId }] of sampling) if (sessionId === id) sampling.delete(own);
    for (const model of session?.models ?? []) owners.delete(model);
    if (session) onEnd([...session.models]);
  };
  let [opened, samplers] = [0, 0];
  return {
    open(): string {
      const id = `session-${tag}-${++opened}`;
      known.set(id, { heard: now(), models: new Set(), lastSeq: new Map() });
      return id;
    },
    /** A sign of life. */
    beat: (id: string): void => void find(id),
    end,
    /** @param seq - none: the next one. */
    modelId(sessionId: string, seq: number | undefined): string {
      const { models } = find(sessionId);
      return `${sessionId}:train:${seq ?? models.size}`;
    },
    addModel(sessionId: string, model: string): void {
      find(sessionId).models.add(model);
      owners.set(model, sessionId);
    },
    removeModel(model: string): void {
      known.get(owners.get(model) ?? '')?.models.delete(model);
      owners.delete(model);
    },
    /** Requests of a model are done in the order of their numbers. @throws {RequestError} 409 for one that comes too late. */
    inOrder(model: string, seq: number | undefined): void {
      const session = known.get(owners.get(model) ?? '');
      if (!session) return; // the model is not there either, which is told elsewhere
      session.heard = now();
      if (seq === undefined) return;
      const last = session.lastSeq.get(model) ?? -1;
      if (seq <= last)
        throw new RequestError(409, `seq_id ${seq} of ${model} comes after ${last}. Count on.`);
      session.lastSeq.set(model, seq);
    },
    openSampling(sessionId: string, uri: string | undefined, seq?: number): string {
      find(sessionId);
      const id = `sampling-${sessionId}-${seq ?? `own-${++samplers}`}`;
      sampling.set(id, { sessionId, uri });
      return id;
    },
    sampling(id: string): SamplingSession {
      const found = sampling.get(id);
      if (!found) throw new RequestError(404, `There is no sampling session ${id}.`);
      find(found.sessionId);
      return found;
    },
    /** Ends those that were not heard of. */
    endStale(): void {
      for (const [id, { heard }] of known) if (now() - heard > stale) end(id);
    },
  };
}

export type Sessions = ReturnType<typeof sessions>;
