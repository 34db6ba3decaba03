import { describe, expect, test, vi } from 'vitest';
import { failureOf } from '../remote/failureOf.ts';
import { type FakeServer, type FakeServerOptions, fakeServer } from './fakeServer.ts';
import { type OpenEnvClientOptions, openEnvClient } from './openEnvClient.ts';
import type { OpenEnvSession } from './openEnvSession.ts';

async function sessionAt(
  { url }: FakeServer,
  options: Partial<OpenEnvClientOptions> = {},
): Promise<OpenEnvSession> {
  return openEnvClient({ url, ...options }).session();
}

/** What a step fails with at a server whose WebSocket answers it so. */
async function stepFailure(misbehave: FakeServerOptions['misbehave']): Promise<string> {
  const server = await fakeServer({
    misbehave: (message, socket, session) =>
      message.type === 'step' && misbehave !== undefined && misbehave(message, socket, session),
  });
  const session = await sessionAt(server, { timeout: 200 });
  await session.reset();
  const words = await failureOf(session.step({ message: 'x' }));
  await session.close();
  return words;
}

const say =
  (text: string | Uint8Array): NonNullable<FakeServerOptions['misbehave']> =>
  (_message, socket) => {
    socket.send(text);
    return true;
  };

describe('a session', () => {
  test('resets, steps and tells its state, each by itself', async () => {
    const server = await fakeServer();
    const [one, two] = [await sessionAt(server), await sessionAt(server)];
    expect(await one.reset({ seed: 3 })).toEqual({
      observation: { echoed_message: 'Echo Env environment ready!', message_length: 0 },
      reward: 0,
      done: false,
    });
    await two.reset();
    expect(await one.step({ message: 'hello' })).toMatchObject({ reward: 0.5 });
    expect(await one.state()).toMatchObject({ step_count: 1 });
    expect(await two.state()).toMatchObject({ step_count: 0 });
    expect(server.messages[0]).toEqual({ type: 'reset', data: { seed: 3 } });
    await Promise.all([one.close(), two.close()]);
  });

  test('goes on after a refused action', async () => {
    const session = await sessionAt(await fakeServer());
    expect(await failureOf(session.step({ text: 'x' }))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws was refused (VALIDATION_ERROR): message: Field required; text: Extra inputs are not permitted. Send what the server's schema asks for: openEnvClient(options).schema() shows it."`,
    );
    await expect(session.step({ text: 'x' })).rejects.toMatchObject({
      cause: {
        code: 'VALIDATION_ERROR',
        message: 'message: Field required\ntext: Extra inputs are not permitted',
      },
    });
    expect(await session.step({ message: 'x' })).toMatchObject({ reward: 0.1 });
    await session.close();
  });

  test('counts true as a reward of 1, and absent ones as not scored', async () => {
    const answers = [
      '{"type":"observation","data":{"observation":{},"reward":true,"done":true}}',
      '{"type":"observation","data":{"observation":{}}}',
    ];
    const server = await fakeServer({
      misbehave: ({ type }, socket) => {
        const answer = type === 'step' && answers.shift();
        if (answer) socket.send(answer);
        return Boolean(answer);
      },
    });
    const session = await sessionAt(server);
    expect(await session.step({})).toEqual({ observation: {}, reward: 1, done: true });
    expect(await session.step({})).toEqual({ observation: {}, reward: null, done: false });
    await session.close();
  });

  test('takes one request at a time', async () => {
    const session = await sessionAt(await fakeServer());
    const first = session.reset();
    expect(await failureOf(session.state())).toMatchInlineSnapshot(
      `"option: openEnv: a session at ws://127.0.0.1/ws takes one request at a time. Await the answer first, or start another session."`,
    );
    expect(await first).toMatchObject({ done: false });
    await session.close();
    expect(await failureOf(session.state())).toMatchInlineSnapshot(
      `"server: openEnv: the session at ws://127.0.0.1/ws has ended. Start another."`,
    );
  });

  test('is over for the server when close resolves', async () => {
    const server = await fakeServer({ places: 1, lingers: 30 });
    for (let i = 0; i < 3; i++) {
      const session = await sessionAt(server);
      await session.reset();
      await Promise.all([session.close(), session.close()]);
      expect(server.sessions()).toBe(0);
    }
  });

  test('is left after 5 s by force where the server does not let go', async () => {
    const server = await fakeServer({ misbehave: ({ type }) => type === 'close' });
    const session = await sessionAt(server);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const left = session.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await left;
    vi.useRealTimers();
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });

  test('ends by its signal, with the reason and without a connection left', async () => {
    const server = await fakeServer({ misbehave: ({ type }) => type === 'step' });
    const session = await sessionAt(server);
    const controller = new AbortController();
    const step = session.step({ message: 'x' }, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(step).rejects.toThrow('enough');
    await expect(session.state()).rejects.toThrow('enough'); // the answer to step may still come
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });

  test('is not opened where the signal came first', async () => {
    const { url } = await fakeServer();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(openEnvClient({ url }).session({ signal })).rejects.toThrow('too late');
  });
});

describe('what a WebSocket can do to a step', () => {
  test('silence', async () => {
    expect(await stepFailure(() => true)).toMatchInlineSnapshot(
      `"timeout: openEnv: step at ws://127.0.0.1/ws took longer than 200 ms. Raise timeout, or see what the server is doing."`,
    );
  });
  test('a text that is no JSON', async () => {
    expect(await stepFailure(say('<html>'))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws must be answered with {"type":"observation","data":{...}}, got <html>. Is the url that of an OpenEnv server (the package openenv, or openenv-core 0.2 and later)?"`,
    );
  });
  test('bytes', async () => {
    expect(await stepFailure(say(new Uint8Array(2)))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws must be answered with {"type":"observation","data":{...}}, got bytes. Is the url that of an OpenEnv server (the package openenv, or openenv-core 0.2 and later)?"`,
    );
  });
  test('an answer of another type', async () => {
    expect(await stepFailure(say('{"type":"state","data":{}}'))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws must be answered with {"type":"observation","data":{...}}, got {"type":"state","data":{}}. Is the url that of an OpenEnv server (the package openenv, or openenv-core 0.2 and later)?"`,
    );
  });
  test('an answer without an observation', async () => {
    const text = '{"type":"observation","data":{"reward":1}}';
    expect(await stepFailure(say(text))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws must be answered with {"observation":{...},"reward":...,"done":...}, got {"reward":1}. Is the url that of an OpenEnv server (the package openenv, or openenv-core 0.2 and later)?"`,
    );
  });
  test('a reward in words', async () => {
    const text = '{"type":"observation","data":{"observation":{},"reward":"high"}}';
    expect(await stepFailure(say(text))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws must be answered with {"observation":{...},"reward":...,"done":...}, got {"observation":{},"reward":"high"}. Is the url that of an OpenEnv server (the package openenv, or openenv-core 0.2 and later)?"`,
    );
  });
  test('an exception of the environment', async () => {
    const text = '{"type":"error","data":{"message":"list index","code":"EXECUTION_ERROR"}}';
    expect(await stepFailure(say(text))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws was refused (EXECUTION_ERROR): list index. The environment itself failed on it: see the log of the server."`,
    );
  });
  test('an error without any reason', async () => {
    expect(await stepFailure(say('{"type":"error","data":{}}'))).toMatchInlineSnapshot(
      `"server: openEnv: step at ws://127.0.0.1/ws was refused (UNKNOWN): no reason given. See the log of the server."`,
    );
  });
  test('the end of the server', async () => {
    const dies: FakeServerOptions['misbehave'] = (_message, socket) => {
      socket.terminate();
      return true;
    };
    expect(await stepFailure(dies)).toMatchInlineSnapshot(
      `"server: openEnv: ws://127.0.0.1/ws closed the connection (code 1006, no reason given). The server went away or gave the session up: see its log."`,
    );
  });
  test('closing, with a code', async () => {
    const closes: FakeServerOptions['misbehave'] = (_message, socket) => {
      socket.close(1011, 'keepalive ping timeout');
      return true;
    };
    expect(await stepFailure(closes)).toMatchInlineSnapshot(
      `"server: openEnv: ws://127.0.0.1/ws closed the connection (code 1011, keepalive ping timeout). This process was busy for longer than the server waits for a sign of life: start uvicorn with a higher --ws-ping-timeout."`,
    );
  });
  test('a message that nobody asked for ends the session', async () => {
    const server = await fakeServer({
      misbehave: ({ type }, socket) => {
        if (type !== 'state') return false;
        socket.send('{"type":"state","data":{}}');
        socket.send('{"type":"state","data":{"again":true}}');
        return true;
      },
    });
    const session = await sessionAt(server);
    await session.state();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await failureOf(session.state())).toMatchInlineSnapshot(
      `"server: openEnv: ws://127.0.0.1/ws must answer requests and say nothing else, got {"type":"state","data":{"again":true}} unasked. Is the url that of an OpenEnv server?"`,
    );
    await session.close();
  });
});
