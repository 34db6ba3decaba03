import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { RECORD } from './fakeEcho.ts';
import { fakeServer } from './fakeServer.ts';

const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>'));

/** What comes next on the socket: a message, or the code it was closed with. */
const nextOf = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => {
    socket.once('message', (data) => resolve(JSON.parse(String(data))));
    socket.once('close', (closed) => resolve({ closed }));
  });

test('the server of these tests answers the recorded messages as openenv-core 0.3.0 did', async () => {
  const server = await fakeServer();
  const sockets = new Map<string, { socket: WebSocket; next: Promise<unknown> }>();
  const answers: unknown[] = [];
  for (const { session, send } of RECORD.webSocket) {
    let { socket, next } = sockets.get(session) ?? {};
    if (!socket) {
      socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`);
      next = nextOf(socket);
      await new Promise((resolve) => socket?.once('open', resolve));
    }
    socket.send(typeof send === 'string' ? send : JSON.stringify(send));
    answers.push(withoutIds(await next));
    sockets.set(session, { socket, next: nextOf(socket) });
  }
  expect(answers).toEqual(RECORD.webSocket.map(({ answer }) => answer));
});

test('and the recorded HTTP requests', async () => {
  const server = await fakeServer();
  for (const { method, path, body, status, answer } of RECORD.http) {
    const text = body === undefined ? null : JSON.stringify(body);
    const response = await fetch(server.url + path, { method, body: text });
    expect([path, response.status, withoutIds(await response.json())]).toEqual([
      path,
      status,
      answer,
    ]);
  }
});
