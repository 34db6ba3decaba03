import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isSame } from '../../server/isSame.ts';
import { readBody } from '../../server/readBody.ts';
import { RequestError } from '../../server/requestError.ts';
import { WireError } from '../protocol/wire.ts';
import { futures } from './futures.ts';
import { type Incoming, type Route, routesOf } from './routes.ts';
import type { TinkerService } from './service.ts';
import { sessions } from './sessions.ts';

export interface TinkerHttpOptions {
  /** Asked of every request, as `x-api-key` or bearer. Without one whoever reaches the port is served. */
  token?: string | undefined;
  /** How long a request for a result is held, milliseconds. Default 20 s. */
  hold?: number | undefined;
  /** Silence after which the models of a client are unloaded, milliseconds. Default 5 minutes; clients are heard of every 10 s. */
  stale?: number | undefined;
  /** Part of every id of this start. Default random. */
  tag?: string | undefined;
}

const LARGEST_BODY = 64 << 20;
const PROTOBUF = 'application/x-protobuf';
const PREFIX = '/api/v1/';

/** A server that speaks the Tinker API. */
export function tinkerHttp(service: TinkerService, options: TinkerHttpOptions = {}): Server {
  const { token, hold = 20_000, stale = 300_000, tag = randomBytes(4).toString('hex') } = options;
  const open = sessions({
    ...{ tag, stale },
    onEnd: (models) => {
      const loaded = service.modelIds();
      for (const model of models) if (loaded.includes(model)) void service.unload(model);
    },
  });
  const routes = routesOf({ service, sessions: open, futures: futures({ tag, hold }) });
  const server = createServer((request, response) => {
    answer(request, { service, routes, token, endSession: open.end }).then(
      (result) => send(response, result),
      (error: unknown) => sendError(response, error, request.url === `${PREFIX}retrieve_future`),
    );
  });
  const timer = setInterval(open.endStale, Math.min(stale, 30_000)).unref();
  return server.on('close', () => clearInterval(timer));
}

interface Known {
  service: TinkerService;
  routes: Record<string, Route>;
  token: string | undefined;
  endSession(id: string): void;
}

async function answer(
  request: IncomingMessage,
  { service, routes, token, endSession }: Known,
): Promise<object | Uint8Array | undefined> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const { authorization = '', 'x-api-key': key = '' } = request.headers;
  const isKnown =
    token === undefined || isSame(String(key), token) || isSame(authorization, `Bearer ${token}`);
  if (!isKnown && pathname !== `${PREFIX}healthz`)
    throw new RequestError(
      401,
      'The token is missing or wrong: x-api-key, or Authorization: Bearer.',
    );
  const path = pathname.startsWith(PREFIX) ? pathname.slice(PREFIX.length) : pathname;
  const [, session] = /^sessions\/([^/]+)\/finish$/.exec(path) ?? [];
  if (session !== undefined && request.method === 'POST') {
    endSession(decodeURIComponent(session));
    return {};
  }
  const [, run, checkpoint, archive] =
    /^training_runs\/([^/]+)\/checkpoints\/([^/]+\/[^/]+?)(\/archive)?$/.exec(path) ?? [];
  if (run !== undefined) {
    const uri = `tinker://${decodeURIComponent(run)}/${checkpoint}`;
    if (request.method === 'GET' && archive) return service.checkpoints.archive(uri);
    if (request.method === 'DELETE' && !archive) {
      await service.removeCheckpoint(uri);
      return {};
    }
  }
  const name = `${request.method} ${path}`;
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (!route) throw new RequestError(404, `There is no ${request.method} ${pathname}.`);
  return route(await incoming(request));
}

/** JSON or a message: a web page cannot send either to another origin without being asked first. */
async function incoming(request: IncomingMessage): Promise<Incoming> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (request.method === 'GET') return { json: {}, bytes: new Uint8Array() };
  if (encoding !== 'identity')
    throw new RequestError(415, `The body is in ${encoding}: send it as it is.`);
  const isJson = /^application\/json\b/i.test(type);
  if (!isJson && !type.startsWith(PROTOBUF))
    throw new RequestError(415, `The body must be application/json or ${PROTOBUF}.`);
  const bytes = await readBody(request, LARGEST_BODY);
  if (!isJson) return { json: undefined, bytes };
  try {
    return { json: JSON.parse(bytes.toString('utf8')), bytes };
  } catch {
    throw new RequestError(400, 'The body is not JSON.');
  }
}

function send(response: ServerResponse, result: object | Uint8Array | undefined): void {
  const waiting = { type: 'try_again', queue_state: 'active' };
  if (result instanceof Uint8Array) sendBytes(response, 200, PROTOBUF, result);
  else sendJson(response, result === undefined ? 408 : 200, result ?? waiting);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  sendBytes(response, status, 'application/json', Buffer.from(JSON.stringify(body)));
}

/** With its length: the SDK takes a 400 without one for a proxy's, and asks again. */
// biome-ignore lint/complexity/useMaxParams: an answer as HTTP has it
function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  bytes: Uint8Array,
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
}

/** A job that failed is an answer, as the SDK wants it: with its category, and not asked for again. */
function sendError(response: ServerResponse, error: unknown, isResult: boolean): void {
  const { status, message } = statusOf(error);
  if (status === 500) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  if (isResult && status !== 404)
    sendJson(response, 200, { error: message, category: status < 500 ? 'user' : 'server' });
  else sendJson(response, status, { detail: message });
}

function statusOf(error: unknown): { status: number; message: string } {
  if (error instanceof RequestError) return error;
  if (error instanceof WireError) return { status: 400, message: error.message };
  return { status: 500, message: 'The server failed. Its log says why.' };
}
