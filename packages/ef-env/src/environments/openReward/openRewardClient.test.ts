// Above 300 lines: every case is a way in which one recorded server can misbehave.
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from '../remote/failureOf.ts';
import {
  type FakeRequest,
  type FakeRewardOptions,
  type FakeRewardServer,
  fakeRewardServer,
} from './fakeRewardServer.ts';
import { type OpenRewardClientOptions, openRewardClient } from './openRewardClient.ts';
import type { OpenRewardSession } from './openRewardSession.ts';

const TASK = { numbers: [3, 4] };

async function sessionAt(
  { url }: FakeRewardServer,
  options: Partial<OpenRewardClientOptions> = {},
): Promise<OpenRewardSession> {
  return openRewardClient({ url, retries: 1, ...options }).session(TASK);
}

type Misbehaviour = NonNullable<FakeRewardOptions['misbehave']>;

/** Misbehaves at the first requests whose path ends so. */
function at(path: string, ...misbehave: Misbehaviour[]): Misbehaviour {
  return (request, response, answer) =>
    request.path.endsWith(path) && (misbehave.shift()?.(request, response, answer) ?? false);
}

/** Sends so many characters of the answer and cuts the connection. */
const cutAt =
  (characters: number): Misbehaviour =>
  (_request, response, { status, headers, answer }) => {
    response.writeHead(status, headers);
    response.write(answer.slice(0, characters) || ' ', () => response.destroy());
    return true;
  };

/** Ends the connection before anything was said. */
const hangUp: Misbehaviour = (_request, response) => {
  response.destroy();
  return true;
};

const mute: Misbehaviour = () => true;

const status =
  (code: number, headers: Record<string, string> = {}, body = '{"detail":"Busy."}'): Misbehaviour =>
  (_request, response: ServerResponse) => {
    response.writeHead(code, headers).end(body);
    return true;
  };

/** How often requests whose path ends so came. */
const count = ({ requests }: { requests: FakeRequest[] }, path: string): number =>
  requests.filter((request) => request.path.endsWith(path)).length;

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe('a client', () => {
  test('lists environments, splits, tasks and tools', async () => {
    const client = openRewardClient({ url: (await fakeRewardServer()).url });
    expect(await client.environments()).toEqual(['steps', 'capital', 'dialogue', 'letters']);
    expect(await client.splits()).toEqual([
      { name: 'train', type: 'train' },
      { name: 'test', type: 'test' },
    ]);
    expect(await client.tasks('train')).toHaveLength(4);
    expect(await client.numTasks('test')).toBe(4);
    expect(await client.task({ split: 'train', index: 1 })).toEqual({ numbers: [4, 5] });
    expect(await client.taskRange('train', { start: 1, stop: 3 })).toEqual([
      { numbers: [4, 5] },
      { numbers: [5, 6] },
    ]);
    expect((await client.rows('train')).slice(2)).toEqual([
      { split: 'train', index: 2 },
      { split: 'train', index: 3 },
    ]);
    const { tools, terminalTool } = await client.tools();
    expect(tools.map(({ name }) => name)).toContain('guess');
    expect(terminalTool).toBeNull();
  });

  test('of another environment knows its terminal tool', async () => {
    const { url } = await fakeRewardServer();
    const client = openRewardClient({ url, environment: 'Capital' }); // names are lower case on the server
    expect(await client.tools()).toEqual({
      tools: [],
      terminalTool: { name: 'answer', arg: 'answer', description: 'Give the answer.' },
    });
  });

  test('names the nearest of the environments that there are', async () => {
    const { url } = await fakeRewardServer();
    const client = openRewardClient({ url, environment: 'capitol' });
    expect(await failureOf(client.splits())).toMatchInlineSnapshot(
      `"option: openReward: unknown environment 'capitol'. Did you mean 'capital'? Known: steps, capital, dialogue, letters."`,
    );
  });

  test('takes the name as it is where the server does not list them', async () => {
    const server = await fakeRewardServer({ misbehave: at('/list_environments', status(404)) });
    const client = openRewardClient({ url: server.url, environment: 'steps' });
    expect(await client.numTasks('train')).toBe(4);
  });

  test('asks for the names once; who stops waiting takes them from nobody else', async () => {
    let go = (): void => {};
    const server = await fakeRewardServer({
      misbehave: at('/list_environments', (_request, response, { answer }) => {
        go = () => response.end(answer);
        return true;
      }),
    });
    const client = openRewardClient({ url: server.url });
    const { signal, abort } = cancellation();
    const impatient = client.numTasks('train', { signal });
    const patient = client.numTasks('test');
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    abort();
    await expect(impatient).rejects.toThrow('enough');
    go();
    expect(await patient).toBe(4);
    expect(count(server, '/list_environments')).toBe(1);
  });

  test('asks again after a failed request for the names', async () => {
    const server = await fakeRewardServer({ misbehave: at('/list_environments', status(500)) });
    const client = openRewardClient({ url: server.url });
    expect(await failureOf(client.splits())).toContain('was refused (HTTP 500): Busy.');
    expect(await client.splits()).toHaveLength(2);
  });

  test('says what is wrong with a task', async () => {
    const nowhere = openRewardClient({ url: 'http://127.0.0.1' });
    expect(await failureOf(nowhere.session('x' as never))).toMatchInlineSnapshot(
      `"task: openReward: a task must be an object, { split, index } or a description, got "x"."`,
    );
    const client = openRewardClient({ url: (await fakeRewardServer()).url });
    expect(await failureOf(client.session({ split: 'train', index: 99 }))).toMatchInlineSnapshot(
      `"server: openReward: /create of http://127.0.0.1 was refused (HTTP 400): Invalid index. openRewardClient(options) tells splits() and numTasks()."`,
    );
    expect(await failureOf(client.tasks('nowhere'))).toContain('(HTTP 400): Invalid split.');
  });

  test.each([
    ['<html>', 'JSON, got <html>. Is the url that of a server of ORS'],
    ['{"splits":[]}', '[{"name":...,"type":...}], got {"splits":[]}. Is the url'],
    ['[{"name":1}]', '[{"name":...,"type":...}], got [{"name":1}]. Is the url'],
  ])('an answer %s is an error', async (body, words) => {
    const server = await fakeRewardServer({ misbehave: at('/splits', status(200, {}, body)) });
    expect(await failureOf(openRewardClient({ url: server.url }).splits())).toContain(
      `server: openReward: /steps/splits of http://127.0.0.1 must be answered with ${words}`,
    );
  });

  test('follows no redirect, which would take its headers along', async () => {
    const away = { location: 'http://127.0.0.1:1/steps/splits' };
    const server = await fakeRewardServer({
      misbehave: at('/splits', status(308, away), status(308, away)),
    });
    const client = openRewardClient({ url: server.url, retries: 1 });
    expect(await failureOf(client.splits())).toContain(
      'cannot be reached or broke off (unexpected redirect)',
    );
  });
});

describe('a session', () => {
  test('tells prompt, messages and tools, and calls them', async () => {
    const server = await fakeRewardServer();
    const session = await sessionAt(server);
    const prompt = await session.prompt();
    expect(prompt).toEqual([
      { type: 'text', text: 'Guess two numbers, the second after the first.' },
    ]);
    expect(await session.messages()).toEqual([{ role: 'user', blocks: prompt }]);
    expect((await session.tools()).tools).toHaveLength(7);
    expect(await session.call('guess', { number: 3 })).toEqual({
      blocks: [{ type: 'text', text: 'Yes, go on.' }],
      metadata: { found: 1 },
      reward: 0.5,
      finished: false,
    });
    await session.close();
    expect(server.sessions()).toBe(0);
    expect(server.paths().slice(-2)).toEqual(['/delete', '/delete_session']);
    expect(await failureOf(session.prompt())).toMatchInlineSnapshot(
      `"server: openReward: the session at http://127.0.0.1 has ended. Start another."`,
    );
  });

  test('goes on after a call that was refused or failed', async () => {
    const session = await sessionAt(await fakeRewardServer());
    await session.call('guess', { number: 3 });
    await session.call('guess', { number: 9 });
    expect(await failureOf(session.call('guess', { number: 'x' }))).toMatch(
      /^server: openReward: the call of guess at http:\/\/127.0.0.1\/steps was refused \(input_validation\): Tool input .+ Call the tool as its parameters say/,
    );
    expect(await failureOf(session.call('nothing', {}))).toContain(
      "(not_found): 'nothing' is not a valid tool.",
    );
    await expect(session.call('fail', {})).rejects.toMatchObject({
      cause: { code: 'EXECUTION_ERROR', message: 'the disk is full\nof numbers' },
    });
    expect(await session.call('guess', { number: 4 })).toMatchObject({ finished: true });
    await expect(session.call('guess', { number: 5 })).rejects.toMatchObject({
      cause: { code: 'episode_finished' },
    });
    await session.close();
  });

  test('an answer in pieces is put together, blanks at the seams included', async () => {
    const session = await sessionAt(await fakeRewardServer());
    const { blocks } = await session.call('recite', {});
    const words = Array.from({ length: 1100 }, (_, i) => String(i).padStart(7)).join(' ');
    expect(blocks).toEqual([{ type: 'text', text: `${words} é世🌍 end` }]);
    await session.close();
  });

  test('of an older server has its prompt as messages, and the tools of all tasks', async () => {
    const notFound = status(404, {}, '{"detail":"Not Found"}');
    const server = await fakeRewardServer({
      misbehave: (request, response, answer) =>
        /\/(?:messages|task_tools)$/.test(request.path) && notFound(request, response, answer),
    });
    const session = await sessionAt(server);
    expect(await session.messages()).toEqual([{ role: 'user', blocks: await session.prompt() }]);
    await session.tools().catch(() => {}); // with a session's id it was not recorded
    expect(count(server, '/tools')).toBe(1);
    await session.close();
  });

  test('that the server has forgotten says so', async () => {
    const server = await fakeRewardServer();
    const session = await sessionAt(server);
    await fetch(`${server.url}/delete`, {
      method: 'POST',
      headers: { 'X-Session-ID': session.id },
    });
    expect(await failureOf(session.prompt())).toMatch(
      /\(HTTP 404\): Active environment not found. Servers end a session that gave no sign of life/,
    );
    await session.close();
  });

  test('gives a sign of life every 10 s, until it is closed', async () => {
    const server = await fakeRewardServer();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const session = await sessionAt(server);
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() => expect(count(server, '/ping')).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 30)); // it is answered
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() => expect(count(server, '/ping')).toBe(2));
    await session.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is created once where the answer was lost on the way', async () => {
    const server = await fakeRewardServer({ misbehave: at('/create', hangUp) });
    const session = await sessionAt(server);
    expect(await session.call('guess', { number: 3 })).toMatchObject({ reward: 0.5 });
    expect([count(server, '/create'), server.mostSessions()]).toEqual([2, 1]);
    await session.close();
  });

  test('that cannot be created is left', async () => {
    const server = await fakeRewardServer({ misbehave: at('/create', status(500)) });
    expect(await failureOf(sessionAt(server))).toContain(
      '/create of http://127.0.0.1 was refused (HTTP 500)',
    );
    expect(server.paths().slice(-2)).toEqual(['/delete', '/delete_session']);
  });

  test('is left within 5 s where the server does not answer', async () => {
    const server = await fakeRewardServer({ misbehave: at('/delete', mute) });
    const session = await sessionAt(server);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const left = session.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await left;
  });
});

describe('a stream that breaks', () => {
  test('is resumed by the id of the call, which runs once', async () => {
    const server = await fakeRewardServer({ misbehave: at('/call', cutAt(60)) });
    const session = await sessionAt(server);
    const { blocks } = await session.call('sleep', { seconds: 0.05 });
    expect(blocks).toEqual([{ type: 'text', text: 'Slept 1 times.' }]);
    const [first, second] = server.requests.filter(({ path }) => path === '/steps/call');
    expect(first?.body).toEqual({ name: 'sleep', input: { seconds: 0.05 } });
    expect(second?.body).toEqual({
      ...first?.body,
      task_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    await session.close();
  });

  test('in the middle of an answer too, which is said again from its beginning', async () => {
    const server = await fakeRewardServer({ misbehave: at('/call', cutAt(6000), cutAt(4300)) });
    const session = await sessionAt(server, { retries: 2 });
    const { blocks } = await session.call('recite', {});
    expect(blocks[0]).toMatchObject({ text: expect.stringMatching(/^ {6}0 .+ end$/) });
    expect(blocks[0]?.type === 'text' && blocks[0].text).toHaveLength(8808);
    await session.close();
  });

  test('or falls silent', async () => {
    const silent: Misbehaviour = (_request, response, { status: code, headers, answer }) => {
      response.writeHead(code, headers).write(answer.slice(0, 60));
      return true;
    };
    const server = await fakeRewardServer({ misbehave: at('/call', silent) });
    const session = await sessionAt(server, { timeout: 200 });
    expect(await session.call('sleep', { seconds: 0.05 })).toMatchObject({ reward: null });
    expect(count(server, '/call')).toBe(2);
    await session.close();
  });

  test('before the call had an id is not resumed: it may have run', async () => {
    const server = await fakeRewardServer({ misbehave: at('/call', hangUp) });
    const session = await sessionAt(server);
    expect(await failureOf(session.call('guess', { number: 3 }))).toMatch(
      /^server: openReward: http:\/\/127.0.0.1\/steps\/call cannot be reached or broke off \(.+\)\. Start the server, or correct the url\. Whether the call was run is not known, so it is not repeated: start another session\.$/,
    );
    expect(count(server, '/call')).toBe(1);
    await session.close();
  });

  test('and that the server has forgotten says so', async () => {
    const forgets: Misbehaviour = (_request, response, { status: code, headers }) => {
      response
        .writeHead(code, headers)
        .write('event: task_id\r\ndata: old\r\n\r\n', () => response.destroy());
      return true;
    };
    const server = await fakeRewardServer({ misbehave: at('/call', forgets) });
    const session = await sessionAt(server);
    expect(await failureOf(session.call('sleep', { seconds: 0.05 }))).toMatchInlineSnapshot(
      `"server: openReward: the stream of the call of sleep at http://127.0.0.1/steps broke and cannot be resumed (unknown task_id). Servers forget an answer after a minute, and all when they restart: start another session."`,
    );
    await session.close();
  });

  test('time and again gives up', async () => {
    const server = await fakeRewardServer({
      misbehave: at('/call', cutAt(60), cutAt(60), cutAt(60)),
    });
    const session = await sessionAt(server);
    expect(await failureOf(session.call('sleep', { seconds: 0.05 }))).toMatch(/broke off/);
    expect(count(server, '/call')).toBe(2);
    await session.close();
  });
});

describe('what may pass', () => {
  test('an environment that starts up is waited for as long as the server says', async () => {
    const starting = { 'x-backend-state': 'starting', 'retry-after': '0' };
    const three = [1, 2, 3].map(() => status(503, starting));
    const server = await fakeRewardServer({ misbehave: at('/prompt', ...three) });
    const session = await sessionAt(server, { retries: 0 });
    expect(await session.prompt()).toHaveLength(1);
    expect(count(server, '/prompt')).toBe(4);
    await session.close();
  });

  test('as recorded: 503, then its messages', async () => {
    const server = await fakeRewardServer();
    const client = openRewardClient({ url: server.url });
    const session = await client.session({ ...TASK, setup: 27 });
    const begin = Date.now();
    expect(await session.messages()).toHaveLength(1);
    expect(Date.now() - begin).toBeGreaterThan(1_900); // it asks for 2 s
    await session.close();
  });

  test('a call is repeated too while nothing runs yet', async () => {
    const starting = status(503, { 'x-backend-state': 'starting', 'retry-after': '0' });
    const server = await fakeRewardServer({ misbehave: at('/call', starting) });
    const session = await sessionAt(server);
    expect(await session.call('guess', { number: 3 })).toMatchObject({ reward: 0.5 });
    await session.close();
  });

  test('one that starts for too long is given up', async () => {
    const starting = status(503, { 'x-backend-state': 'starting', 'retry-after': '0' });
    const server = await fakeRewardServer({
      misbehave: (...seen) => seen[0].path.endsWith('/prompt') && starting(...seen),
    });
    const session = await sessionAt(server, { startTimeout: 50 });
    expect(await failureOf(session.prompt())).toMatchInlineSnapshot(
      `"server: openReward: /steps/prompt of http://127.0.0.1 was refused (STARTING): Busy. Raise startTimeout (and stepTimeout of collect), or see the log of the server."`,
    );
    await session.close();
  });

  test.each([429, 502, 503, 504])('%i is asked again, but for a call', async (code) => {
    const server = await fakeRewardServer({
      misbehave: at('/prompt', status(code, { 'retry-after': '0' })),
    });
    const session = await sessionAt(server);
    expect(await session.prompt()).toHaveLength(1);
    await session.close();
    const other = await fakeRewardServer({ misbehave: at('/call', status(code)) });
    const calling = await sessionAt(other);
    expect(await failureOf(calling.call('guess', { number: 3 }))).toContain(
      `(HTTP ${code}): Busy.`,
    );
    await calling.close();
  });

  test('a server that is gone is not there after all tries', async () => {
    const server = await fakeRewardServer();
    const client = openRewardClient({ url: server.url, retries: 2 });
    const session = await client.session(TASK);
    await server.stop();
    const begin = Date.now();
    expect(await failureOf(session.prompt())).toMatch(
      /^server: openReward: http:\/\/127\.0\.0\.1\/steps\/prompt cannot be reached or broke off \(.+\)\. Start/,
    );
    expect(Date.now() - begin).toBeGreaterThan(370); // 2 waits of at least 125 and 250 ms
    expect(await failureOf(session.call('guess', { number: 3 }))).toContain('is not known');
    await session.close();
  });
});

describe('limits', () => {
  test('of one answer', async () => {
    const server = await fakeRewardServer({ misbehave: at('/splits', mute) });
    const client = openRewardClient({ url: server.url, timeout: 50 });
    expect(await failureOf(client.splits())).toMatchInlineSnapshot(
      `"timeout: openReward: /steps/splits of http://127.0.0.1 took longer than 50 ms. Raise timeout, or see what the server is doing."`,
    );
  });

  test('of a whole call', async () => {
    const server = await fakeRewardServer({ misbehave: at('/call', mute) });
    const session = await sessionAt(server, { callTimeout: 50 });
    expect(await failureOf(session.call('sleep', { seconds: 9 }))).toMatchInlineSnapshot(
      `"timeout: openReward: the call of sleep at http://127.0.0.1/steps took longer than 50 ms. Raise callTimeout, or see what the server is doing."`,
    );
    await session.close();
  });

  test('a signal ends what it was given to, with its reason', async () => {
    const server = await fakeRewardServer({
      misbehave: ({ path }) => /splits|prompt|call$/.test(path),
    });
    const client = openRewardClient({ url: server.url });
    const session = await client.session(TASK);
    for (const ask of [client.splits, session.prompt, session.messages]) {
      const { signal, abort } = cancellation();
      const asked = ask === session.messages ? session.prompt({ signal }) : ask({ signal });
      abort();
      await expect(asked).rejects.toThrow('enough');
    }
    const { signal, abort } = cancellation();
    const call = session.call('guess', { number: 3 }, { signal });
    setTimeout(abort, 20);
    await expect(call).rejects.toThrow('enough');
    await expect(client.session(TASK, { signal })).rejects.toThrow('enough');
    await session.close();
  });

  test('a signal ends the wait between two tries', async () => {
    const server = await fakeRewardServer({
      misbehave: at('/splits', status(503, { 'retry-after': '9' })),
    });
    const { signal, abort } = cancellation();
    const asked = openRewardClient({ url: server.url }).splits({ signal });
    setTimeout(abort, 50);
    await expect(asked).rejects.toThrow('enough');
  });

  test('close ends the calls that run', async () => {
    const server = await fakeRewardServer({ misbehave: at('/call', mute) });
    const session = await sessionAt(server);
    const call = failureOf(session.call('sleep', { seconds: 9 }));
    await session.close();
    expect(await call).toContain('the session at http://127.0.0.1 has ended');
  });
});

describe('the key and the secrets', () => {
  test('are sent: the key with each request, secrets when a session is created', async () => {
    const server = await fakeRewardServer();
    const secrets = { password: 'sesame é' };
    const session = await sessionAt(server, {
      apiKey: 'key-of-mine',
      secrets,
      headers: { 'x-team': '7' },
    });
    await session.close();
    expect(new Set(server.requests.map(({ headers }) => headers['x-api-key']))).toEqual(
      new Set(['key-of-mine']),
    );
    expect(server.requests[0]?.headers['x-team']).toBe('7');
    const sent = server.requests.filter(({ headers }) => headers['x-secrets']);
    expect(sent.map(({ path }) => path)).toEqual(['/create']);
    const header = Buffer.from(String(sent[0]?.headers['x-secrets']), 'base64').toString();
    expect(JSON.parse(header)).toEqual({ password: { value: 'sesame é' } });
  });

  test('the key is ORS_API_KEY where none is given', async () => {
    vi.stubEnv('ORS_API_KEY', 'key-of-env\n');
    const server = await fakeRewardServer();
    await openRewardClient({ url: server.url }).splits();
    expect(server.requests[0]?.headers['x-api-key']).toBe('key-of-env');
  });

  test('secrets are in the body where the schema of the server has them there', async () => {
    const schema = { components: { schemas: { CreateSession: { properties: { secrets: {} } } } } };
    const server = await fakeRewardServer({
      misbehave: at('/openapi.json', status(200, {}, JSON.stringify(schema))),
    });
    await failureOf(sessionAt(server, { secrets: { password: 'sesame' } }));
    const created = server.requests.find(({ path }) => path === '/create');
    expect(created?.body).toMatchObject({ secrets: { password: 'sesame' } });
    expect(created?.headers['x-secrets']).toBeUndefined();
  });

  test('are never shown, whatever the server says', async () => {
    const echo: Misbehaviour = ({ headers }, response) => {
      const said = JSON.stringify({ detail: `${headers['x-api-key']} and sesame-open are wrong` });
      response.writeHead(401).end(said);
      return true;
    };
    const server = await fakeRewardServer({ misbehave: at('/prompt', echo) });
    const secrets = { password: 'sesame-open' };
    const session = await sessionAt(server, { apiKey: 'key-of-mine', secrets });
    const words = await failureOf(session.prompt());
    expect(words).toMatchInlineSnapshot(
      `"server: openReward: /steps/prompt of http://127.0.0.1 was refused (HTTP 401): [hidden] and [hidden] are wrong. Give the key of the server as apiKey, or in the environment as ORS_API_KEY."`,
    );
    await session.close();
  });

  test('nor in what a tool says', async () => {
    const told: Misbehaviour = (_request, response, { headers, answer }) => {
      response.writeHead(200, headers).end(answer.replace('None', 'sesame-open'));
      return true;
    };
    const server = await fakeRewardServer({ misbehave: at('/call', told) });
    const session = await sessionAt(server, { secrets: { password: 'sesame-open' } });
    const { blocks } = await session.call('tell', { word: 'password' });
    expect(blocks).toEqual([{ type: 'text', text: 'It is [hidden].' }]);
    await session.close();
  });

  test('nor in the error for a key that no header can hold', async () => {
    const client = openRewardClient({
      url: (await fakeRewardServer()).url,
      apiKey: 'key\nof-mine',
      retries: 0,
    });
    const words = await failureOf(client.splits());
    expect(words).toContain('[hidden]');
    expect(words).not.toContain('of-mine');
  });
});

test('options that cannot work are refused', () => {
  const url = 'http://127.0.0.1';
  expect(() => openRewardClient({ url, callTimeout: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openReward: callTimeout must be a number of milliseconds > 0, got 0.]`,
  );
  expect(() => openRewardClient({ url, retries: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: openReward: retries must be an integer >= 0, got -1.]`,
  );
  expect(() => openRewardClient({ url: '127.0.0.1:8080' })).toThrow('openReward: url must be like');
});

function cancellation(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) };
}
