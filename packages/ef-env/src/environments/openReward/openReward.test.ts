// Above 300 lines: one fake server, which answers what was recorded, plays all of it.
import { describe, expect, test, vi } from 'vitest';
import { collect } from '../../episode/collect.ts';
import { collectFailing } from '../../episode/collectFailing.ts';
import type { CollectOptions } from '../../episode/collectOptions.ts';
import type { Policy } from '../../episode/policy.ts';
import type { Trajectory } from '../../trajectory/trajectory.ts';
import {
  type FakeRewardOptions,
  type FakeRewardServer,
  fakeRewardServer,
} from './fakeRewardServer.ts';
import { type OpenRewardOptions, openReward } from './openReward.ts';
import { openRewardClient } from './openRewardClient.ts';
import type { OpenRewardTask } from './openRewardTask.ts';

const TASK = { numbers: [3, 4] };
const FIRST = { split: 'train', index: 0 };

const call = (name: string, args: unknown = {}): string =>
  `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const guess = (number: unknown): string => call('guess', { number });

/** Says these turns, the last one again and again. */
const saying = (turns: readonly string[]): Policy => ({
  generate: async (conversations, { numGenerations = 1 }) =>
    conversations.flatMap((segments) =>
      Array.from({ length: numGenerations }, () => {
        const turn = segments.filter(({ kind }) => kind === 'policy').length;
        const text = turns[Math.min(turn, turns.length - 1)] ?? '';
        return { speaker: 'assistant' as const, kind: 'policy' as const, turn: 0, text };
      }),
    ),
});

/** Plays; afterwards no session may be left. */
async function play(
  server: FakeRewardServer,
  turns: readonly string[],
  options: Partial<OpenRewardOptions & CollectOptions<OpenRewardTask>> = {},
): Promise<Trajectory[]> {
  const { tasks = [TASK], groupSize, stepTimeout, signal, ...rest } = options;
  const env = openReward({ url: server.url, retries: 1, ...rest });
  const how = { tasks, seed: 0, maxTokens: 1, groupSize, stepTimeout, signal };
  const episodes = await collectFailing(env, saying(turns), how as never);
  await vi.waitFor(() => expect(server.sessions()).toBe(0));
  return episodes;
}

async function playOne(...args: Parameters<typeof play>): Promise<Trajectory> {
  const [episode] = await play(...args);
  if (!episode) throw new Error('there is one');
  return episode;
}

const said = ({ segments }: Trajectory): string[] =>
  segments.map(({ speaker, text }) => `${speaker}: ${text}`);

/** What the fake says in place of an answer's text. */
const answering =
  (path: string, change: (answer: string) => string): NonNullable<FakeRewardOptions['misbehave']> =>
  (request, response, { status, headers, answer }) => {
    if (!request.path.endsWith(path)) return false;
    response.writeHead(status, headers).end(change(answer));
    return true;
  };

describe('an episode', () => {
  test('tells the tools and the prompt, runs the calls and ends when the server says so', async () => {
    const episode = await playOne(await fakeRewardServer(), [guess(3), guess(4)], {
      system: 'Play.',
    });
    const [system, ...rest] = said(episode);
    expect(system).toMatch(
      /^system: Play\.\n\nThere are tools that you can use\..+"name":"guess"/s,
    );
    expect(rest).toEqual([
      'user: Guess two numbers, the second after the first.',
      `assistant: ${guess(3)}`,
      'tool: Yes, go on.',
      `assistant: ${guess(4)}`,
      'tool: Both found.',
    ]);
    expect(episode).toMatchObject({ stop: 'done', reward: 0.5, task: { env: 'openreward' } });
    expect(episode.metrics).toEqual({
      'tools/call_frequency': 2,
      'tools/failure_frequency': 0,
      'tools/calls/guess': 2,
    });
    expect(episode.info).toEqual({ rewards: [0.5, 0.5], metadata: [{ found: 1 }, { found: 2 }] });
  });

  test('shows no metadata', async () => {
    const episode = await playOne(await fakeRewardServer(), [guess(3), guess(4)]);
    expect(JSON.stringify(episode.segments)).not.toContain('found"');
  });

  test('of a place in a split is created with it', async () => {
    const server = await fakeRewardServer();
    await play(server, [guess(3), guess(4)], { tasks: [FIRST, TASK, { split: 'train' }] });
    const created = server.requests.filter(({ path }) => path === '/create');
    expect(created.map(({ body }) => body)).toEqual([
      { env_name: 'steps', ...FIRST },
      { env_name: 'steps', task_spec: TASK },
      { env_name: 'steps', task_spec: { split: 'train' } },
    ]);
  });

  test('runs several calls of a turn in order, up to the end', async () => {
    const turn = `${guess(3)}\n${guess(4)}\n${guess(5)}`;
    const episode = await playOne(await fakeRewardServer(), [turn]);
    expect(said(episode).slice(-3)).toEqual([
      'tool: Yes, go on.',
      'tool: Both found.',
      'tool: Error: guess failed: it was not run, the episode had ended.',
    ]);
    expect(episode).toMatchObject({ stop: 'done', reward: 0.5 });
  });

  test('is told what is wrong with a call, and goes on', async () => {
    const server = await fakeRewardServer();
    const turn = [
      call('gues'),
      call('guess', [3]),
      '<tool_call>\nx\n</tool_call>',
      call('fail'),
      guess(3),
    ];
    const episode = await playOne(server, [turn.join('\n'), 'stop']);
    const told = said(episode).filter((text) => text.startsWith('tool'));
    expect(told).toEqual([
      expect.stringMatching(/^tool: Error: there is no tool 'gues'. Did you mean 'guess'\?/),
      'tool: Error: the arguments of guess must be a JSON object.',
      expect.stringMatching(/^tool: Error: the call is not JSON/),
      'tool: Error: fail failed: the disk is full\nof numbers',
      'tool: Yes, go on.',
    ]);
    expect(episode.metrics).toMatchObject({
      'tools/call_frequency': 5,
      'tools/failure_frequency': 0.8,
    });
    expect(episode.info).toEqual({ rewards: [null, 0.5], metadata: [null, { found: 1 }] });
    expect(server.requests.filter(({ path }) => path.endsWith('/call'))).toHaveLength(2);
  });

  test('is told that its arguments do not fit', async () => {
    const turns = [guess(3), guess(9), guess('x'), 'stop'];
    const episode = await playOne(await fakeRewardServer(), turns);
    expect(said(episode)[7]).toContain('tool: Error: guess failed: Tool input validation error');
    expect(episode).toMatchObject({ stop: 'done', reward: 0 }); // the last that was scored
  });

  test('runs so many calls of a turn', async () => {
    const server = await fakeRewardServer();
    const episode = await playOne(server, [`${guess(3)}${guess(4)}`, 'stop'], {
      maxCallsPerTurn: 1,
    });
    expect(said(episode)[4]).toBe('tool: Error: a turn may have 1 calls, this one was not run.');
    expect(episode.stop).toBe('done');
  });

  test('of a conversation has its messages, thoughts, calls and results', async () => {
    const episode = await playOne(await fakeRewardServer(), [call('clock')], {
      environment: 'dialogue',
      system: 'Not said.',
      tasks: [FIRST],
    });
    const [system, ...rest] = said(episode);
    expect(system).toMatch(/^system: You are a clerk\.\n\nThere are tools/);
    expect(rest).toEqual([
      'user: What time is it?',
      'assistant: <think>\nThe clock knows.\n</think>\n<tool_call>\n{"name":"clock","arguments":{}}\n</tool_call>',
      'tool: 12:00',
      'assistant: Noon.',
      'user: And in words?',
      `assistant: ${call('clock')}`,
      'tool: 12:00',
    ]);
    expect(episode).toMatchObject({ stop: 'done', reward: 1 });
  });

  test('with an image fails, naming it', async () => {
    const task = { numbers: [3, 4], picture: true };
    const server = await fakeRewardServer();
    const episode = await playOne(server, [''], { tasks: [task] });
    expect(episode).toMatchObject({ stop: 'error', segments: [] });
    expect(episode.error).toMatchInlineSnapshot(
      `"openReward: a message of the user holds an image (image/png, 8 bytes), a policy reads text. Leave such tasks and tools out, or have the environment describe it."`,
    );
  });

  test('a tool that answers with one, too', async () => {
    const server = await fakeRewardServer();
    const episode = await playOne(server, [call('recite'), call('draw')]);
    expect(episode).toMatchObject({ stop: 'error' });
    expect(episode.error).toContain('the answer of draw holds an image (image/png, 8 bytes)');
  });

  test('whose environment does not start ends with the reason', async () => {
    const tasks = [{ numbers: [3, 4], broken: true }];
    const episode = await playOne(await fakeRewardServer(), [''], { tasks });
    expect(episode).toMatchObject({ stop: 'error' });
    expect(episode.error).toContain(
      '(HTTP 500): RuntimeError: the sandbox did not start. The environment',
    );
  });

  test('whose server goes away ends in an error, not in words', async () => {
    const server = await fakeRewardServer({
      misbehave: ({ path }, response) => {
        if (path.endsWith('/call')) response.destroy();
        return path.endsWith('/call');
      },
    });
    const episode = await playOne(server, [`${guess(3)}${guess(4)}`]);
    expect(episode).toMatchObject({ stop: 'error', reward: null });
    expect(episode.error).toContain('cannot be reached or broke off');
    expect(server.requests.filter(({ path }) => path.endsWith('/call'))).toHaveLength(1);
  });

  test('whose call takes too long ends by the time', async () => {
    const mute: FakeRewardOptions = { misbehave: ({ path }) => path.endsWith('/call') };
    const slow = await playOne(await fakeRewardServer(mute), [guess(3)], { callTimeout: 50 });
    expect(slow).toMatchObject({ stop: 'timeout' });
    expect(slow.error).toContain('took longer than 50 ms. Raise callTimeout');
    const other = await playOne(await fakeRewardServer(mute), [guess(3)], { stepTimeout: 50 });
    expect(other).toMatchObject({ stop: 'timeout' });
  });
});

describe('rewards', () => {
  const turns = [guess(9), guess(3), guess(4)];
  test.each([
    ['the last one, as in TRL, unless told otherwise', {}, [0, 0.5, 0.5]],
    ["of all calls so far, with 'sum'", { rewards: 'sum' }, [0, 0.5, 1]],
  ] as const)('are %s', async (_, options, wanted) => {
    const episode = await playOne(await fakeRewardServer(), turns, options);
    const own = episode.segments.filter(({ kind }) => kind === 'policy');
    expect(own.map(({ reward }) => reward)).toEqual(wanted);
    expect(episode.reward).toBe(wanted.at(-1));
  });

  test('that no call brought leave the attempt unscored', async () => {
    const server = await fakeRewardServer();
    const asleep = call('sleep', { seconds: 0.05 });
    const episode = await playOne(server, [asleep, guess(3), 'stop'], { rewards: 'sum' });
    const own = episode.segments.filter(({ kind }) => kind === 'policy');
    expect(own.map(({ reward }) => reward)).toEqual([undefined, 0.5, undefined]);
    expect(episode.reward).toBe(0.5);
    expect(await playOne(server, ['stop'])).toMatchObject({ reward: null, stop: 'done' });
  });
});

describe('a turn without a call', () => {
  const capital = { environment: 'capital', tasks: [FIRST] };

  test('goes to the terminal tool, without its thought, and ends the episode', async () => {
    const server = await fakeRewardServer();
    const right = await playOne(server, ['<think>Rome?</think>\nParis\n'], capital);
    expect(said(right)).toEqual([
      'user: The capital of France?',
      'assistant: <think>Rome?</think>\nParis\n',
      'user: Right.',
    ]);
    expect(right).toMatchObject({ stop: 'done', reward: 1, info: { rewards: [1] } });
    expect(right.metrics).toEqual({ 'tools/call_frequency': 0, 'tools/failure_frequency': 0 });
    const wrong = await playOne(server, ['Rome'], capital);
    expect(wrong).toMatchObject({ stop: 'done', reward: 0 });
  });

  test('of a terminal tool that takes no text is dropped', async () => {
    const server = await fakeRewardServer({
      misbehave: answering('/task_tools', (answer) =>
        answer.replace('"arg":"answer"', '"arg":null'),
      ),
    });
    await playOne(server, ['Paris'], capital);
    const called = server.requests.find(({ path }) => path.endsWith('/call'));
    expect(called?.body).toEqual({ name: 'answer', input: {} });
  });

  test('that the terminal tool refuses is told so, and is not the last', async () => {
    const refusal = '{"ok":false,"error":"too short","reason":"input_validation"}';
    const server = await fakeRewardServer({
      misbehave: answering('/call', (answer) => answer.replace(/\{.+\}/, refusal)),
    });
    const episode = await playOne(server, ['Paris'], { ...capital, maxTurns: 1 });
    expect(said(episode).at(-1)).toBe('user: Error: too short');
    expect(episode.stop).toBe('max-turns');
  });

  test('that only seems to have none is told so, and not judged', async () => {
    const server = await fakeRewardServer();
    const bare = '{"name": "guess", "arguments": {"number": 3}}';
    const episode = await playOne(server, [bare, '<think>Hm', guess(3), 'stop']);
    const told = said(episode).filter((text) => text.startsWith('user'));
    expect(told[1]).toContain('The call was not made: it must stand between <tool_call>');
    expect(told[2]).toContain('closed');
    expect(episode.metrics).toMatchObject({ 'tools/misplaced_calls': 1, 'tools/calls/guess': 1 });
  });

  test("ends an episode without a terminal tool, or with 'feedback' asks for a call", async () => {
    const server = await fakeRewardServer();
    const ended = await playOne(server, ['Three.', guess(3)]);
    expect(said(ended).slice(2)).toEqual(['assistant: Three.']);
    expect(ended).toMatchObject({ stop: 'done', reward: null });
    const turns = ['Three.', guess(3), guess(4)];
    const asked = await playOne(server, turns, { withoutCall: 'feedback' });
    expect(said(asked)[0]).toContain('A turn without a call does nothing.');
    expect(said(asked)[3]).toMatch(/^user: There was no call\. Call a tool: .*guess/);
    expect(asked).toMatchObject({ stop: 'done', reward: 0.5 });
  });

  test('is what parse says it is', async () => {
    const parse = (action: string) =>
      /^\d$/.test(action) ? [{ name: 'guess', arguments: { number: Number(action) } }] : [];
    const episode = await playOne(await fakeRewardServer(), ['3', '4'], {
      ...{ parse, describe: (tools) => `Guess a digit. ${tools.length} tools.` },
    });
    expect(said(episode)[0]).toBe('system: Guess a digit. 7 tools.');
    expect(episode).toMatchObject({ stop: 'done', reward: 0.5 });
    const silent = await playOne(await fakeRewardServer(), ['3', '4'], { parse, describe: null });
    expect(said(silent)[0]).toMatch(/^user: Guess/);
  });
});

describe('sessions', () => {
  test('are never more than allowed; a full pool waits', async () => {
    const server = await fakeRewardServer();
    const tasks = [0, 1, 2, 3].flatMap((index) => [
      { split: 'train', index },
      { split: 'test', index },
    ]);
    const episodes = await play(server, ['stop'], { tasks, sessions: 3 });
    expect(episodes.map(({ stop }) => stop)).toEqual(Array(8).fill('done'));
    expect(server.mostSessions()).toBe(3);
  });

  test('of two collections share the places, each left before the next is taken', async () => {
    const server = await fakeRewardServer();
    const env = openReward({ url: server.url, sessions: 1 });
    const options = { tasks: [TASK, TASK], seed: 0, maxTokens: 1 };
    const policy = saying([guess(3), guess(4)]);
    const both = await Promise.all([1, 2].map(() => collect(env, policy, options)));
    expect(both.flat().map(({ stop }) => stop)).toEqual(Array(4).fill('done'));
    expect(server.mostSessions()).toBe(1);
    await vi.waitFor(() => expect(server.sessions()).toBe(0));
  });

  test('give their place back where they cannot be opened', async () => {
    const server = await fakeRewardServer();
    const tasks = [{ split: 'train', index: 99 }, { split: 'nowhere', index: 0 }, TASK];
    const episodes = await play(server, [guess(3), guess(4)], { tasks, sessions: 1 });
    expect(episodes.map(({ stop }) => stop)).toEqual(['error', 'error', 'done']);
    expect(episodes[0]?.error).toContain('Invalid index');
  });

  test('are left when a collection is cancelled', async () => {
    const server = await fakeRewardServer({ misbehave: ({ path }) => path.endsWith('/call') });
    const controller = new AbortController();
    const env = openReward({ url: server.url });
    const options = { tasks: [TASK, TASK], seed: 0, maxTokens: 1, signal: controller.signal };
    const playing = collect(env, saying([guess(3)]), options);
    await vi.waitFor(() => expect(server.requests.at(-1)?.path).toBe('/steps/call'));
    expect(server.sessions()).toBe(2);
    controller.abort(new Error('enough'));
    await expect(playing).rejects.toThrow('enough');
    await vi.waitFor(() => expect(server.sessions()).toBe(0));
  });

  test('that are still being opened when their time is over are left as well', async () => {
    const server = await fakeRewardServer({ misbehave: ({ path }) => path.endsWith('/messages') });
    const episode = await playOne(server, [''], { stepTimeout: 100 });
    expect(episode).toMatchObject({ stop: 'timeout' });
    expect(server.mostSessions()).toBe(1);
  });
});

test('neither key nor secrets are in a trajectory', async () => {
  const server = await fakeRewardServer({
    misbehave: answering('/call', (answer) => answer.replace('None', 'sesame-open, key-of-mine')),
  });
  const episode = await playOne(server, [call('tell', { word: 'password' }), 'stop'], {
    ...{ apiKey: 'key-of-mine', secrets: { password: 'sesame-open' } },
  });
  expect(said(episode)).toContain('tool: It is [hidden], [hidden].');
  expect(JSON.stringify(episode)).not.toMatch(/sesame|key-of-mine/);
});

test('rows of a split are tasks', async () => {
  const server = await fakeRewardServer();
  const tasks = await openRewardClient({ url: server.url }).rows('train');
  const episodes = await play(server, ['stop'], { tasks });
  expect(episodes.map(({ task }) => task.data)).toEqual(tasks);
});

test('options that cannot work are refused', () => {
  const options: OpenRewardOptions = { url: 'http://127.0.0.1' };
  expect(() => openReward({ ...options, sessions: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openReward: sessions must be an integer >= 1, got 0.]`,
  );
  expect(() => openReward({ ...options, rewards: 'mean' as never })).toThrow(
    "openReward: rewards must be one of 'last', 'sum', got \"mean\".",
  );
  expect(() => openReward({ ...options, withoutCall: 'stop' as never })).toThrow(
    "openReward: withoutCall must be one of 'end', 'feedback'",
  );
});
