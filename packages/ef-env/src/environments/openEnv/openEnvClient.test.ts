import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../remote/failureOf.ts';
import { type FakeServer, fakeServer } from './fakeServer.ts';
import { type OpenEnvClientOptions, openEnvClient } from './openEnvClient.ts';
import type { OpenEnvSession } from './openEnvSession.ts';

async function sessionAt(
  { url }: FakeServer,
  options: Partial<OpenEnvClientOptions> = {},
): Promise<OpenEnvSession> {
  return openEnvClient({ url, ...options }).session();
}

describe('what a server can do to a connection', () => {
  test('not be there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as { port: number }; // it listens on a port
    await new Promise((resolve) => gone.close(resolve));
    const client = openEnvClient({ url: `http://127.0.0.1:${port}` });
    expect(await failureOf(client.session())).toMatch(
      /^server: openEnv: the connection to ws:\/\/127\.0\.0\.1\/ws failed \(.+\)\. Start the server/,
    );
    expect(await failureOf(client.health())).toMatch(
      /^server: openEnv: http:\/\/127\.0\.0\.1\/health cannot be reached or broke off \(.+\)\. Start/,
    );
  });

  test('never answer', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number }; // it listens on a port
    const client = openEnvClient({ url: `http://127.0.0.1:${port}`, timeout: 50 });
    expect(await failureOf(client.session())).toMatchInlineSnapshot(
      `"timeout: openEnv: a session at ws://127.0.0.1/ws took longer than 50 ms. Raise timeout, or see what the server is doing."`,
    );
    expect(await failureOf(client.health())).toMatchInlineSnapshot(
      `"timeout: openEnv: /health of http://127.0.0.1 took longer than 50 ms. Raise timeout, or see what the server is doing."`,
    );
    mute.close();
  });

  test('be full', async () => {
    const server = await fakeServer({ places: 0 });
    const session = await sessionAt(server);
    expect(await failureOf(session.reset())).toMatch(
      /^server: openEnv: (reset|a session) at ws:\/\/127.0.0.1\/ws was refused \(CAPACITY_REACHED\): Server at capacity: 0\/0 sessions active. Cannot accept new connections. Make sessions/,
    );
    await session.close();
  });
});

describe('HTTP', () => {
  test('tells health, metadata and schema', async () => {
    const client = openEnvClient({ url: (await fakeServer()).url });
    expect(await client.health()).toEqual({ status: 'healthy' });
    expect(await client.metadata()).toMatchObject({ name: 'EchoEnvironment' });
    expect(await client.schema()).toMatchObject({ action: { required: ['message'] } });
  });

  test('keeps a session where the server shares one environment', async () => {
    const session = await sessionAt(await fakeServer({ shared: true }), { transport: 'http' });
    await session.reset({ seed: 1 });
    await session.step({ message: 'a' });
    expect(await session.step({ message: 'bc' })).toMatchObject({ reward: 0.2 });
    expect(await session.state()).toMatchObject({ step_count: 2 });
    await session.close();
  });

  test('is refused where each request has an environment of its own', async () => {
    const session = await sessionAt(await fakeServer(), { transport: 'http' });
    await session.reset();
    expect(await failureOf(session.step({ message: 'a' }))).toMatchInlineSnapshot(
      `"server: openEnv: http://127.0.0.1 must keep its environment between HTTP requests, its step_count is 0 after a step. The package openenv, and openenv-core since 0.2, make a new one for each: use transport: 'websocket'."`,
    );
  });

  test.each([
    [500, 'Internal Server Error', 'was refused (HTTP 500): Internal Server Error. See the log'],
    [401, '{"detail":"Not authenticated"}', 'was refused (HTTP 401): Not authenticated. Give the'],
    [200, '<html>', 'must be answered with JSON, got <html>. Is the url that of an OpenEnv server'],
    [200, '[]', 'must be answered with {"observation":{...},"reward":...,"done":...}, got []. Is'],
  ])('an answer with %i and %s is an error', async (status, body, words) => {
    const server = await fakeServer({
      respond: (_request, response) => {
        response.writeHead(status).end(body);
        return true;
      },
    });
    const session = await sessionAt(server, { transport: 'http' });
    const shown = await failureOf(session.step({ message: 'a' }));
    expect(shown).toContain(`server: openEnv: /step of http://127.0.0.1 ${words}`);
  });

  test('422 says what is wrong with which field', async () => {
    const session = await sessionAt(await fakeServer(), { transport: 'http' });
    expect(await failureOf(session.reset({ seed: -1 }))).toMatchInlineSnapshot(
      `"server: openEnv: /reset of http://127.0.0.1 was refused (VALIDATION_ERROR): body.seed: Input should be greater than or equal to 0. Send what the server's schema asks for: openEnvClient(options).schema() shows it."`,
    );
  });
});

test('sends the headers', async () => {
  const server = await fakeServer();
  const headers = { authorization: 'Bearer token' };
  await (await sessionAt(server, { headers })).close();
  expect(server.headers.authorization).toBe('Bearer token');
  await openEnvClient({ url: server.url, headers }).health();
  expect(server.headers.authorization).toBe('Bearer token');
});

test('a timeout must be a number above 0', () => {
  expect(() =>
    openEnvClient({ url: 'http://127.0.0.1', timeout: Number.NaN }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openEnv: timeout must be a number of milliseconds > 0, got NaN.]`,
  );
});
