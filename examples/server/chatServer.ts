import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { chatRoute } from './chatRoute.ts';
import { completionRoute } from './completionRoute.ts';
import { isSame } from './isSame.ts';
import { readBody } from './readBody.ts';
import { RequestError } from './requestError.ts';
import type { Answer } from './route.ts';
import { type Served, statusOf } from './served.ts';

const LARGEST_BODY = 8 << 20;
const ROUTES = {
  '/v1/chat/completions': chatRoute,
  '/v1/completions': completionRoute,
} as const;

/**
 * A server that speaks the OpenAI API: chat and completions, whole or streamed. Requests that overlap are sampled together.
 *
 * @param token - asked of every request as `Authorization: Bearer`. Without one whoever reaches the port is served.
 */
export function chatServer(served: Served, token?: string): Server {
  return createServer((request, response) => {
    const left = new AbortController();
    response.on('close', () => left.abort());
    handle({ served, request, response, signal: left.signal, token }).catch((error: unknown) => {
      if (left.signal.aborted) return; // nobody listens
      const { status, message } = statusOf(error);
      if (status === 500) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      const body = {
        error: {
          message,
          type: status < 500 ? 'invalid_request_error' : 'server_error',
          param: null,
          code: status,
        },
      };
      if (response.headersSent) response.end(`data: ${JSON.stringify(body)}\n\n`);
      else sendJson(response, status, body);
    });
  });
}

interface Exchange {
  served: Served;
  request: IncomingMessage;
  response: ServerResponse;
  signal: AbortSignal;
  token: string | undefined;
}

async function handle({ served, request, response, signal, token }: Exchange): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/health') return sendJson(response, 200, { status: 'ok' });
  if (token !== undefined && !isSame(request.headers.authorization ?? '', `Bearer ${token}`))
    throw new RequestError(401, 'The token is missing or wrong: Authorization: Bearer TOKEN.');
  if (request.method === 'GET' && pathname === '/v1/models')
    return sendJson(response, 200, { object: 'list', data: [modelCard(served)] });
  const route = Object.entries(ROUTES).find(([path]) => path === pathname)?.[1];
  if (route === undefined || request.method !== 'POST')
    throw new RequestError(404, `There is no ${request.method} ${pathname}.`);
  const body = await readJson(request);
  const answer =
    route === chatRoute
      ? await chatRoute.answer(served, parse(chatRoute.schema, body), signal)
      : await completionRoute.answer(served, parse(completionRoute.schema, body), signal);
  await send(response, answer);
}

async function send(response: ServerResponse, answer: Answer): Promise<void> {
  if (answer.events === undefined) return sendJson(response, 200, answer.body);
  // the first event may still be an error with a status of its own
  const first = await answer.events.next();
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (let next = first; !next.done; next = await answer.events.next()) {
    const isFull = !response.write(`data: ${JSON.stringify(next.value)}\n\n`);
    if (isFull && !response.destroyed)
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (response.destroyed) {
      await answer.events.return(undefined);
      return;
    }
  }
  response.end('data: [DONE]\n\n');
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Only JSON: a web page cannot send it to another origin without being asked first. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new RequestError(415, 'The body must be application/json.');
  const bytes = await readBody(request, LARGEST_BODY);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RequestError(400, 'The body is not JSON.');
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RequestError(400, z.prettifyError(parsed.error));
}

function modelCard({ name, model }: Served): object {
  const { maxPositionEmbeddings } = model.config;
  return {
    id: name,
    object: 'model',
    created: 0,
    owned_by: 'molrl',
    max_model_len: maxPositionEmbeddings,
  };
}
