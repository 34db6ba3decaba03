import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { onTestFinished } from 'vitest';

// For tests only: answers what openreward 0.1.167 answered when fixtures/openReward.json was recorded, and nothing else.

interface Recorded {
  method: string;
  path: string;
  body?: unknown;
  status: number;
  headers: Record<string, string>;
  answer: string;
}

/** The recorded exchange; conformance/openRewardRecord.ts says what it is. */
export const RECORD: {
  http: Recorded[];
  sessions: { create: unknown; exchanges: Recorded[] }[];
} = JSON.parse(readFileSync(new URL('../../../fixtures/openReward.json', import.meta.url), 'utf8'));

export interface FakeRequest {
  method: string;
  path: string;
  body?: Record<string, unknown> | undefined;
  session?: string | undefined;
  headers: IncomingHttpHeaders;
}

export interface FakeRewardOptions {
  /** Sees each request and what would be answered; true = it is dealt with. */
  misbehave?: (
    request: FakeRequest,
    response: ServerResponse,
    answer: Pick<Recorded, 'status' | 'headers' | 'answer'>,
  ) => boolean;
}

export interface FakeRewardServer {
  url: string;
  requests: FakeRequest[];
  /** The paths asked for, the names of environments left out, in order. */
  paths(): string[];
  /** Sessions now, and the most there were at once. */
  sessions(): number;
  mostSessions(): number;
  /** Cuts all connections and takes no more. */
  stop(): Promise<void>;
}

/** What a session was asked so far. */
interface Live {
  create: unknown;
  calls: unknown[];
  deleted: boolean;
  seen: string[];
}

/** Starts a server on a free port of the loopback, for one test. */
export async function fakeRewardServer(options: FakeRewardOptions = {}): Promise<FakeRewardServer> {
  const requests: FakeRequest[] = [];
  const live = new Map<string, Live>();
  const tasks = new Map<string, Recorded>();
  const sockets = new Set<Socket>();
  let most = 0;
  const sessions = (): number => [...live.values()].filter(({ deleted }) => !deleted).length;

  const answerTo = ({ method, path, body, session }: FakeRequest): Recorded => {
    const request = { method, path, ...(body !== undefined && { body }) };
    if (path === '/create_session') {
      const recorded = found(RECORD.http, request);
      return { ...recorded, answer: recorded.answer.replace('<session>', randomUUID()) };
    }
    if (session === undefined) return found(RECORD.http, request);
    const known = live.get(session);
    const named = (recorded: Recorded): Recorded => {
      const id = recorded.answer.includes('<task>') ? randomUUID().replaceAll('-', '') : '';
      const answer = recorded.answer.replaceAll('<session>', session).replaceAll('<task>', id);
      if (id !== '') tasks.set(id, { ...recorded, answer });
      return { ...recorded, answer };
    };
    if (path === '/create') {
      if (known)
        return found(
          RECORD.sessions.flatMap(({ exchanges }) => exchanges.slice(1)),
          request,
        );
      const recorded = found(
        RECORD.sessions.flatMap(({ exchanges }) => exchanges),
        request,
      );
      if (recorded.status === 200)
        live.set(session, { create: body, calls: [], deleted: false, seen: [] });
      most = Math.max(most, sessions());
      return named(recorded);
    }
    const task = body?.task_id;
    if (typeof task === 'string') {
      const gone = { ...request, body: { ...body, task_id: 'gone' } };
      return (
        tasks.get(task) ??
        found(
          RECORD.sessions.flatMap(({ exchanges }) => exchanges),
          gone,
        )
      );
    }
    const recorded = nextOf(known ?? { ...NOBODY, seen: [] }, request);
    if (path === '/delete' && known) known.deleted = true;
    if (path.endsWith('/call')) known?.calls.push(body);
    return named(recorded);
  };

  const http = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (chunk) => {
      text += chunk;
    });
    incoming.on('end', () => {
      const { method = '', url: path = '', headers } = incoming;
      const session = headers['x-session-id'] as string | undefined; // Node joins others only
      const body = text === '' ? undefined : JSON.parse(text);
      const request = { method, path, body, session, headers };
      requests.push(request);
      const answer = answerTo(request);
      if (options.misbehave?.(request, response, answer)) {
        const refused = response.statusCode >= 400; // it did not run
        if (refused && path.endsWith('/call')) live.get(session ?? '')?.calls.pop();
        return;
      }
      response.writeHead(answer.status, answer.headers).end(answer.answer);
    });
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => http.close(resolve));
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, // it listens on a port
    requests,
    paths: () => requests.map(({ path }) => path.replace(/^\/[a-z]+(?=\/)/, '')),
    sessions,
    mostSessions: () => most,
    stop,
  };
}

const NOBODY: Live = { create: undefined, calls: [], deleted: true, seen: [] };

/** What the server said to the request in this state; to the same request again, what it said the next time. */
function nextOf(live: Live, request: object): Recorded {
  const matches = RECORD.sessions.flatMap(({ create, exchanges }) => {
    const calls: unknown[] = [];
    let deleted = false;
    return exchanges.filter((recorded) => {
      const { path, body } = recorded;
      const anyTask = path.startsWith('/delete') || path === '/ping' || live.create === undefined;
      const state = { deleted, calls: [...calls] };
      if (path === '/delete') deleted = true;
      if (path.endsWith('/call')) calls.push(body);
      return (
        isAnswerTo(recorded, request) &&
        state.deleted === live.deleted &&
        (anyTask || isDeepStrictEqual(create, live.create)) &&
        (!path.endsWith('/call') || live.deleted || isDeepStrictEqual(state.calls, live.calls))
      );
    });
  });
  const key = JSON.stringify(request);
  const before = live.seen.filter((each) => each === key).length;
  live.seen.push(key);
  return matches[Math.min(before, matches.length - 1)] ?? unrecorded(request);
}

const isAnswerTo = ({ method, path, body }: Recorded, request: object): boolean =>
  isDeepStrictEqual({ method, path, ...(body !== undefined && { body }) }, request);

const found = (records: readonly Recorded[], request: object): Recorded =>
  records.find((recorded) => isAnswerTo(recorded, request)) ?? unrecorded(request);

const unrecorded = (request: object): Recorded => ({
  ...{ method: '', path: '', status: 501, headers: {} },
  answer: `no answer was recorded to ${JSON.stringify(request)}`,
});
