import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Segment } from '@molrl/ef-env';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { urlPolicy } from './urlPolicy.ts';

interface Asked {
  url: string | undefined;
  token: string | undefined;
  body: { messages: { role: string; content: string }[]; seed: number; max_tokens: number };
}

const asked: Asked[] = [];
/** Status codes of the next answers; then 200. */
const refusals: number[] = [];
const server = createServer(async (request, response) => {
  const body = JSON.parse(await textOf(request)) as Asked['body'];
  asked.push({ url: request.url, token: request.headers.authorization, body });
  const status = refusals.shift() ?? 200;
  const content = `${body.messages.at(-1)?.content}!`;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(status === 200 ? { choices: [{ message: { content } }] } : 'no'));
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

let url = '';
beforeEach(async () => {
  asked.length = 0;
  refusals.length = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(
  () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(resolve);
    }),
);

const prompts: Segment[][] = ['a', 'b'].map((text) => [
  { speaker: 'system', kind: 'prompt', turn: 0, text: 'Be brief.' },
  { speaker: 'user', kind: 'prompt', turn: 0, text },
]);
const options = (more: object = {}) => ({ url, model: 'strong', waits: [1, 1], ...more });

test('conversations go out with the token, answers come back in order, each with its own seed', async () => {
  const policy = urlPolicy(options({ token: 'secret' }));
  const said = await policy.generate(prompts, { numGenerations: 2, maxTokens: 7, seed: 1 });
  expect(said.map(({ text }) => text)).toEqual(['a!', 'a!', 'b!', 'b!']);
  expect(said[0]).toMatchObject({ speaker: 'assistant', kind: 'policy', turn: 0 });
  expect(asked[0]).toMatchObject({ url: '/v1/chat/completions', token: 'Bearer secret' });
  expect(asked[0]?.body).toMatchObject({ model: 'strong', max_tokens: 7 });
  expect(asked[0]?.body.messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
  expect(new Set(asked.map(({ body }) => body.seed)).size).toBe(4);
});

test('a busy server is asked again, one that refuses is not; the token is in no message', async () => {
  refusals.push(503, 429);
  const one = [prompts[0]!];
  const [said] = await urlPolicy(options()).generate(one, { maxTokens: 7, seed: 1 });
  expect([said?.text, asked.length]).toEqual(['a!', 3]);
  refusals.push(401);
  const refused = urlPolicy(options({ token: 'secret' })).generate(one, { maxTokens: 7, seed: 1 });
  await expect(refused).rejects.toThrow(/answered 401: "no" Put the token into the environment/);
  await expect(refused).rejects.not.toThrow(/secret/);
  expect(asked).toHaveLength(4);
});

test('once an answer was refused, nothing more is asked: nobody would read it', async () => {
  refusals.push(400);
  const many = Array.from({ length: 500 }, () => prompts[0]!);
  const policy = urlPolicy(options({ concurrency: 2 }));
  await expect(policy.generate(many, { maxTokens: 7, seed: 1 })).rejects.toThrow('answered 400');
  await setTimeout(50); // what was on its way arrives
  const { length } = asked;
  await setTimeout(200);
  expect(asked).toHaveLength(length);
});

test('one that is not there is named', async () => {
  const policy = urlPolicy({ url: 'http://127.0.0.1:9', model: 'm', waits: [] });
  const asking = policy.generate(prompts, { maxTokens: 7, seed: 1 });
  await expect(asking).rejects.toThrow(/127\.0\.0\.1:9\/chat\/completions cannot be reached/);
});
