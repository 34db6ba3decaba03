import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  error,
  type FakeMessage,
  httpAnswer,
  messageAnswer,
  newState,
  parsed,
} from './fakeEcho.ts';

// For tests only: the echo environment of openenv-core 0.3.0, told where to misbehave.

export interface FakeServerOptions {
  /** Sessions at once. Default 4, as recorded. */
  places?: number;
  /** Time a session lives on after it was left, milliseconds. Default 0. */
  lingers?: number;
  /** Sees each message first; true = it is dealt with. */
  misbehave?: (message: FakeMessage, socket: WebSocket, session: number) => boolean;
  /** Sees each connection, before it counts as a session; true = it is dealt with. */
  welcome?: (socket: WebSocket) => boolean;
  /** Sees each HTTP request first; true = it is dealt with. */
  respond?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** HTTP requests share one environment, as in openenv-core 0.1. */
  shared?: boolean;
}

export interface FakeServer {
  url: string;
  messages: FakeMessage[];
  /** Headers of the latest request. */
  headers: IncomingMessage['headers'];
  connections(): number;
  /** Sessions now, and the most there were at once. */
  sessions(): number;
  mostSessions(): number;
}

/** Starts a server on a free port of the loopback, for one test. */
export async function fakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const { places = 4, lingers = 0, misbehave, welcome, respond, shared = false } = options;
  const messages: FakeMessage[] = [];
  const sockets = new Set<Socket>();
  let [sessions, most, opened] = [0, 0, 0];
  const kept = newState();

  const http = createServer((request, response) => {
    fake.headers = request.headers;
    if (respond?.(request, response)) return;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const [status, data] = httpAnswer(shared ? kept : newState(), request.url ?? '', body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
    });
  });
  const webSockets = new WebSocketServer({ server: http, path: '/ws' });
  webSockets.on('connection', (socket, request) => {
    fake.headers = request.headers;
    if (welcome?.(socket)) return;
    if (sessions >= places) return refuse(socket, places);
    const session = opened++;
    most = Math.max(most, ++sessions);
    serve(socket, session);
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function serve(socket: WebSocket, session: number): void {
    const state = newState();
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      setTimeout(() => {
        sessions--;
        socket.close(1000);
      }, lingers);
    };
    socket.on('close', leave);
    socket.on('message', (data) => {
      if (left) return;
      const text = String(data);
      const message = parsed(text) ?? {};
      messages.push(message);
      if (misbehave?.(message, socket, session)) return;
      if (Array.isArray(message)) {
        socket.send(
          error({ message: "'list' object has no attribute 'get'", code: 'SESSION_ERROR' }),
        );
        return leave();
      }
      const said = messageAnswer(state, text);
      if (said === null) leave();
      else socket.send(said);
    });
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const fake: FakeServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, // it listens on a port
    messages,
    headers: {},
    connections: () => webSockets.clients.size,
    sessions: () => sessions,
    mostSessions: () => most,
  };
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => http.close(resolve));
  });
  return fake;
}

function refuse(socket: WebSocket, places: number): void {
  const message = `Server at capacity: ${places}/${places} sessions active. Cannot accept new connections.`;
  const counts = { active_sessions: places, max_sessions: places };
  socket.send(error({ message, code: 'CAPACITY_REACHED', ...counts }));
  socket.close(1000);
}
