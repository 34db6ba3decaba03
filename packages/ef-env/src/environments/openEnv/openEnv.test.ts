import { describe, expect, test, vi } from 'vitest';
import { collect } from '../../episode/collect.ts';
import { collectFailing } from '../../episode/collectFailing.ts';
import type { CollectOptions } from '../../episode/collectOptions.ts';
import type { Policy } from '../../episode/policy.ts';
import type { Trajectory } from '../../trajectory/trajectory.ts';
import { type FakeServer, type FakeServerOptions, fakeServer } from './fakeServer.ts';
import { type OpenEnvOptions, openEnv } from './openEnv.ts';
import { openEnvClient } from './openEnvClient.ts';

type Task = Record<string, unknown>;

/** Says `turn 0`, `turn 1`, ... */
const counter: Policy = {
  generate: async (conversations, { numGenerations = 1 }) =>
    conversations.flatMap((segments) =>
      Array.from({ length: numGenerations }, () => ({
        speaker: 'assistant' as const,
        kind: 'policy' as const,
        turn: 0,
        text: `turn ${segments.filter(({ kind }) => kind === 'policy').length}`,
      })),
    ),
};

/** Plays; afterwards no connection may be left. */
async function play(
  server: FakeServer,
  options: Partial<OpenEnvOptions> = {},
  how: Partial<CollectOptions<Task>> = {},
): Promise<Trajectory[]> {
  const env = openEnv({ url: server.url, action: (message) => ({ message }), ...options });
  const rest = { tasks: [{}], seed: 0, maxTurns: 2, maxTokens: 1, ...how };
  const episodes = await collectFailing(env, counter, rest as never);
  await vi.waitFor(() => expect(server.connections()).toBe(0));
  return episodes;
}

const texts = (episode: Trajectory | undefined): string[] =>
  episode?.segments.map(({ text }) => text) ?? [];

const observation = (fields: object, rest: object = {}): string =>
  JSON.stringify({ type: 'observation', data: { observation: fields, ...rest } });

/** Answers messages of one type so. */
const answering =
  (wanted: string, text: string): NonNullable<FakeServerOptions['misbehave']> =>
  ({ type }, socket) => {
    if (type === wanted) socket.send(text);
    return type === wanted;
  };

describe('an episode', () => {
  test('is what the server says', async () => {
    const server = await fakeServer();
    const [episode] = await play(server, { name: 'echo', system: 'Talk.' });
    expect(texts(episode)).toEqual([
      'Talk.',
      'Echo Env environment ready!',
      'turn 0',
      'turn 0',
      'turn 1',
      'turn 1',
    ]);
    expect(episode).toMatchObject({ reward: 0.6, stop: 'max-turns', task: { env: 'echo' } });
  });

  test('ends when the server says done, with its reward', async () => {
    const last = observation({ text: 'You win.' }, { reward: 1, done: true });
    const [episode] = await play(await fakeServer({ misbehave: answering('step', last) }));
    expect(episode).toMatchObject({ reward: 1, stop: 'done' });
    expect(texts(episode).slice(1)).toEqual(['turn 0', 'You win.']);
  });

  test('is reset with the arguments of its task and the seed, unless it has its own', async () => {
    const server = await fakeServer();
    const tasks = [{ level: 2 }, { level: 3, seed: 7 }];
    const episodes = await play(server, {}, { tasks, groupSize: 2 });
    const resets = server.messages.filter(({ type }) => type === 'reset').map(({ data }) => data);
    const { seed } = episodes[0]!.task;
    const first = { level: 2, seed };
    expect(resets).toEqual([first, first, tasks[1], tasks[1]]);
  });

  test('is told in the words of observe', async () => {
    const [episode] = await play(await fakeServer(), {
      observe: ({ echoed_message, message_length }, { reward }) => ({
        feedback: `${message_length} letters earn ${reward}.`,
        observation: String(echoed_message),
        metrics: { letters: Number(message_length) },
      }),
    });
    expect(texts(episode).slice(0, 3)).toEqual([
      'Echo Env environment ready!',
      'turn 0',
      '6 letters earn 0.6.\nturn 0',
    ]);
    expect(episode?.metrics).toEqual({ letters: 6 });
  });

  test('goes on after an attempt without an action, of which the server does not hear', async () => {
    const server = await fakeServer();
    const [episode] = await play(server, {
      action: (text, { message_length }) =>
        text === 'turn 0' ? `No action. ${message_length}` : { message: text },
    });
    expect(texts(episode).slice(1)).toEqual(['turn 0', 'No action. 0', 'turn 1', 'turn 1']);
    expect(server.messages.map(({ type }) => type)).toEqual(['reset', 'step', 'close']);
  });

  test.each([
    ['openenv-core 0.3', {}, {}, undefined],
    [
      'openenv 0.10',
      { metadata: { step: 1, truth: '42' } },
      { metadata: { step: 1, truth: '42' } },
      { step: 1, truth: '42' },
    ],
    ['openenv 0.10 without metadata', { metadata: {} }, { metadata: null }, undefined],
    ['metadata beside it only', {}, { metadata: { step: 2 } }, { step: 2 }],
  ])('shows no metadata and keeps them in info: %s', async (_, inside, beside, kept) => {
    const shown = { echoed_message: 'hi', message_length: 2 };
    const answer = observation({ ...inside, ...shown }, { reward: 0.2, done: true, ...beside });
    const [episode] = await play(await fakeServer({ misbehave: answering('step', answer) }));
    expect(texts(episode).at(-1)).toBe('hi');
    expect(JSON.stringify(episode!.segments)).not.toContain('truth');
    expect(episode!.info).toEqual(kept && { metadata: kept });
    expect(episode!.reward).toBe(0.2);
  });

  test('a number whose digits would change arrives as text', async () => {
    const answer =
      '{"type":"observation","data":{"observation":{"id":12345678901234567890,"n":7},"done":true}}';
    const [episode] = await play(await fakeServer({ misbehave: answering('step', answer) }));
    expect(texts(episode).at(-1)).toBe('12345678901234567890');
  });

  test('fails on an action that the server refuses', async () => {
    const [episode] = await play(await fakeServer(), { action: (text) => ({ text }) });
    expect(episode).toMatchObject({ stop: 'error', reward: null });
    expect(episode?.error).toContain('VALIDATION_ERROR');
  });

  test("goes on with the server's words where actionErrors is 'feedback'", async () => {
    const [episode] = await play(await fakeServer(), {
      action: (text) => (text === 'turn 0' ? { text } : { message: text }),
      actionErrors: 'feedback',
    });
    expect(texts(episode).slice(1)).toEqual([
      'turn 0',
      'message: Field required\ntext: Extra inputs are not permitted',
      'turn 1',
      'turn 1',
    ]);
  });

  test('is not opened again when its connection breaks', async () => {
    const server = await fakeServer({
      misbehave: ({ type }, socket, session) => {
        if (type === 'step' && session === 1) socket.terminate();
        return type === 'step' && session === 1;
      },
    });
    const episodes = await play(server, { sessions: 3 }, { tasks: [{}, {}, {}] });
    expect(episodes.map(({ stop }) => stop)).toEqual(['max-turns', 'error', 'max-turns']);
    expect(episodes[1]?.error).toContain('closed the connection (code 1006');
    expect(server.messages.filter(({ type }) => type === 'reset')).toHaveLength(3);
  });

  test('that is over before the first attempt fails', async () => {
    const over = observation({}, { done: true });
    const [episode] = await play(await fakeServer({ misbehave: answering('reset', over) }));
    expect(episode).toMatchObject({ stop: 'error' });
    expect(episode?.error).toContain('reset must begin an episode, the server answered done');
  });

  test.each(['action', 'observe'] as const)('ends with what %s throws', async (name) => {
    const fault = (): never => {
      throw new Error(`bad ${name}`);
    };
    const [episode] = await play(await fakeServer(), { [name]: fault });
    expect(episode).toMatchObject({ stop: 'error', error: `bad ${name}` });
  });

  test('is played once', async () => {
    const { url } = await fakeServer();
    const episode = openEnv({ url, action: (message) => ({ message }) }).start();
    const { signal } = new AbortController();
    await expect(episode.step('x', { signal })).rejects.toThrow('came too early or too late');
    await episode.close?.();
    await expect(episode.reset({}, { seed: 0 })).rejects.toThrow('came too early or too late');
  });

  test('that is closed while it is being reset leaves no connection', async () => {
    const server = await fakeServer();
    const episode = openEnv({ url: server.url, action: (message) => ({ message }) }).start();
    const opening = episode.reset({}, { seed: 0 });
    await episode.close?.();
    await opening;
    await vi.waitFor(() => expect(server.sessions()).toBe(0));
  });
});

describe('sessions', () => {
  test('are never more than allowed, and each is left before the next wave', async () => {
    const server = await fakeServer({ places: 3, lingers: 10 });
    const tasks = Array.from({ length: 8 }, () => ({}));
    const episodes = await play(server, { sessions: 3 }, { tasks });
    expect(episodes.map(({ stop }) => stop)).toEqual(tasks.map(() => 'max-turns'));
    expect(server.mostSessions()).toBe(3);
  });

  test('of two collections share the places', async () => {
    const server = await fakeServer({ places: 1 });
    const env = openEnv({ url: server.url, action: (message) => ({ message }) });
    const options = { tasks: [{}, {}], seed: 0, maxTurns: 2, maxTokens: 1 };
    const both = await Promise.all([1, 2].map(() => collect(env, counter, options)));
    expect(both.flat().map(({ stop }) => stop)).toEqual(Array(4).fill('max-turns'));
    expect(server.mostSessions()).toBe(1);
  });

  test('refused by a full server are asked for again', async () => {
    const server = await fakeServer({ places: 1 });
    const other = await openEnvClient({ url: server.url }).session();
    await other.reset();
    setTimeout(() => other.close(), 30);
    const [episode] = await play(server);
    expect(episode).toMatchObject({ stop: 'max-turns' });
  });

  test('that a server does not have fail with its limit', async () => {
    const [episode] = await play(await fakeServer({ places: 0 }));
    expect(episode?.error).toContain('CAPACITY_REACHED): Server at capacity: 0/0 sessions active.');
  });

  test('waiting for a full server end by the time limit', async () => {
    const [episode] = await play(await fakeServer({ places: 0 }), {}, { stepTimeout: 30 });
    expect(episode).toMatchObject({ stop: 'timeout' });
  });
});

describe('nothing is left open', () => {
  const mute: FakeServerOptions = { misbehave: ({ type }) => type === 'step' };

  test('after a step that takes too long', async () => {
    const [episode] = await play(await fakeServer(mute), {}, { stepTimeout: 50 });
    expect(episode).toMatchObject({ stop: 'timeout' });
    const [other] = await play(await fakeServer(mute), { timeout: 50 });
    expect(other).toMatchObject({ stop: 'timeout' });
    expect(other?.error).toContain('took longer than 50 ms');
  });

  test('after a collection that was cancelled', async () => {
    const server = await fakeServer(mute);
    const controller = new AbortController();
    const playing = play(server, { sessions: 2 }, { tasks: [{}, {}], signal: controller.signal });
    await vi.waitFor(() => expect(server.messages.at(-1)?.type).toBe('step'));
    controller.abort(new Error('enough'));
    await expect(playing).rejects.toThrow('enough');
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });

  test('after a policy that throws', async () => {
    const server = await fakeServer();
    const env = openEnv({ url: server.url, action: (message) => ({ message }) });
    const broken: Policy = { generate: () => Promise.reject(new Error('no model')) };
    const options = { tasks: [{}], seed: 0, maxTokens: 1 };
    await expect(collect(env, broken, options)).rejects.toThrow('no model');
    await vi.waitFor(() => expect(server.connections()).toBe(0));
  });
});

test('over HTTP, a server that shares one environment plays one episode after the other', async () => {
  const server = await fakeServer({ shared: true });
  const episodes = await play(server, { transport: 'http' }, { tasks: [{}, {}] });
  expect(episodes.map(({ stop, reward }) => [stop, reward])).toEqual([
    ['max-turns', 0.6],
    ['max-turns', 0.6],
  ]);
});

test('options that cannot work are refused', () => {
  const options: OpenEnvOptions = { url: 'http://127.0.0.1', action: () => ({}) };
  expect(() => openEnv({ ...options, sessions: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openEnv: sessions must be an integer >= 1, got 0.]`,
  );
  expect(() =>
    openEnv({ ...options, sessions: 2, transport: 'http' }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openEnv: sessions must be 1 over HTTP, where all requests share one environment, got 2. Use transport: 'websocket'.]`,
  );
});
