import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Run } from '../harness/run.ts';
import { type Control, type ControlHooks, createControl } from './control.ts';
import { controlHooks } from './controlHooks.ts';
import { readKeys } from './controlKeys.ts';
import { openControlServer } from './controlServer.ts';

const view = {
  ...{ stage: '1-grpo', step: 2, of: 9, metrics: {}, changes: [], actions: [] },
  checkpoints: ['checkpoint-0-2.bin', 'checkpoint-0-1.bin'],
};
const hooks = () => {
  const seen: unknown[] = [];
  const all: ControlHooks = {
    set: async (values) => void seen.push(values),
    snapshot: async () => void seen.push('snapshot'),
    rollBack: async (checkpoint) => void seen.push(checkpoint),
    view: async () => view,
  };
  return { ...all, seen };
};
const never = new AbortController().signal;

describe('live control', () => {
  test('carries commands out between updates, in their order', async () => {
    const control = createControl();
    const own = hooks();
    control.submit({ do: 'set', learningRate: 0.1, beta: 0.2 });
    control.submit({ do: 'snapshot' });
    expect(own.seen).toEqual([]);
    await control.between(own, never);
    expect(own.seen).toEqual([{ learningRate: 0.1, beta: 0.2 }, 'snapshot']);
    expect(control.view()).toMatchObject({ step: 2, paused: false });
  });

  test('waits while paused, makes one update, and waits again', async () => {
    const control = createControl();
    control.submit({ do: 'pause' });
    let ended = 0;
    const update = () => control.between(hooks(), never).then(() => (ended += 1));
    const first = update();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ended, control.view()?.paused]).toEqual([0, true]);
    control.submit({ do: 'step' });
    await first;
    const second = update();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(1);
    control.submit({ do: 'resume' });
    await second;
    expect(ended).toBe(2);
  });

  test('a stop ends the wait', async () => {
    const control = createControl();
    const stop = new AbortController();
    control.submit({ do: 'pause' });
    const waiting = control.between(hooks(), stop.signal);
    stop.abort(new Error('SIGINT'));
    await expect(waiting).rejects.toThrow('SIGINT');
  });

  test.each([
    [{ do: 'set' }, 'give learningRate'],
    [{ do: 'set', learningRate: -1 }, 'learningRate: must be a number above 0'],
    [{ do: 'quit' }, 'do:'],
    ['pause', 'command:'],
  ])('refuses %j', (command, message) => {
    expect(() => createControl().submit(command)).toThrow(message);
  });

  test('what the stage at work does not read is not set, and told', async () => {
    const said: string[] = [];
    const state = { settings: { stages: ['live'], changes: [] }, stage: 0, actions: [] };
    const run = { state, out: '', progress: { line: (text: string) => said.push(text) } };
    const step = { step: 1, of: 2, metrics: {} };
    const own = controlHooks(run as unknown as Run, step, async () => {}); // what it reads of one
    await own.set({ learningRate: 1e-3, beta: 0.1 });
    expect(state.settings.changes).toEqual([]);
    expect(said).toEqual([
      '1-live does not read beta, so nothing was set. It reads learningRate, temperature.',
    ]);
  });

  test('keys', async () => {
    const control = createControl();
    const own = hooks();
    await control.between(own, never);
    const said: string[] = [];
    const type = readKeys(control, (text) => said.push(text));
    for (const key of [...'l1e-3\r', 's', 'l9\u001b', 'r', '?']) type(key);
    await control.between(own, never);
    expect(own.seen).toEqual([{ learningRate: 0.001 }, 'snapshot', 'checkpoint-0-1.bin']);
    expect(said.at(-1)).toContain('p pause');
  });
});

describe('its page', () => {
  let open: { url: string; close(): void } | undefined;
  afterEach(() => open?.close());

  const start = async (): Promise<{ control: Control; token: string; port: string }> => {
    const control = createControl();
    open = await openControlServer(control, 0);
    const url = new URL(open.url);
    return { control, token: url.searchParams.get('token')!, port: url.port };
  };
  const ask = (port: string, path: string, headers: Record<string, string>, body?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const asked = request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
        let text = '';
        response.on('data', (part) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode!, text }));
      });
      asked.on('error', reject);
      asked.end(body);
    });

  test('needs the token, in the address for the page and in a header for the rest', async () => {
    const { control, token, port } = await start();
    const own = hooks();
    await control.between(own, never);
    expect((await ask(port, '/', {})).status).toBe(403);
    expect((await ask(port, `/?token=${token}`, {})).text).toMatch(
      /Live control[\s\S]*setInterval/,
    ); // the script stands in it
    expect((await ask(port, `/state?token=${token}`, {})).status).toBe(403);
    const state = await ask(port, '/state', { 'x-token': token });
    expect(JSON.parse(state.text).view).toMatchObject({ stage: '1-grpo', step: 2 });
    const body = JSON.stringify({ do: 'set', beta: 0.5 });
    expect((await ask(port, '/command', { 'x-token': `${token}x` }, body)).status).toBe(403);
    expect((await ask(port, '/command', { 'x-token': token }, body)).status).toBe(202);
    await control.between(own, never);
    expect(own.seen).toEqual([{ beta: 0.5 }]);
  });

  test('refuses names of other hosts, long bodies and what is no command', async () => {
    const { token, port } = await start();
    const key = { 'x-token': token };
    expect((await ask(port, '/state', { ...key, host: `evil.example:${port}` })).status).toBe(421);
    expect((await ask(port, '/command', key, 'x'.repeat(5000))).status).toBe(400);
    expect((await ask(port, '/command', key, '{"do":"set","beta":-1}')).text).toContain('beta');
    expect((await ask(port, '/other', key)).status).toBe(404);
  });
});
