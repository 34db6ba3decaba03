// One file: one server, opened once, is asked everything.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createQwen3,
  createTokenizer,
  encodeChat,
  generate,
  type Qwen3,
  scoreLogprobs,
  TINY_CONFIG,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { qwen3Encoder } from './chatEncoder.ts';
import { chatServer } from './chatServer.ts';
import { serve } from './served.ts';
import { ToolCallReader } from './toolCalls.ts';

const json = readFileSync(
  new URL('../../packages/qwen3/fixtures/recipeTokenizer.json', import.meta.url),
  'utf8',
);
const tokenizer = createTokenizer(JSON.parse(json));
const TOKEN = 'a secret';
const opened: { server?: Server; client?: OpenAI; url?: string; model?: Qwen3 } = {};

beforeAll(async () => {
  await openCpu();
  const config = { ...TINY_CONFIG, vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: 512 };
  opened.model = createQwen3(config, { seed: 1 });
  opened.server = chatServer(
    serve({ name: 'tiny', model: opened.model, tokenizer, encodeChat: qwen3Encoder(tokenizer) }),
    TOKEN,
  );
  opened.server.listen(0, '127.0.0.1');
  await once(opened.server, 'listening');
  const { port } = opened.server.address() as AddressInfo; // it listens on a port
  opened.url = `http://127.0.0.1:${port}/v1`;
  opened.client = new OpenAI({ baseURL: opened.url, apiKey: TOKEN, maxRetries: 0 });
});
afterAll(() => opened.server?.close());

const messages = [{ role: 'user' as const, content: 'Say something.' }];
const asked = { model: 'tiny', messages, max_tokens: 12, seed: 7, temperature: 0.9 };

describe('the server, through the openai client', () => {
  test('lists the model', async () => {
    const models = await opened.client!.models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['tiny']);
  });

  test('a chat is what generate says; with a seed it is the same again, in any company', async () => {
    const ids = encodeChat(messages, tokenizer, { addGenerationPrompt: true });
    const [truth] = await generate(opened.model!, [ids], {
      maxTokens: 12,
      seed: 7,
      temperature: 0.9,
    });
    const [first, ...others] = await Promise.all([
      opened.client!.chat.completions.create({ ...asked, logprobs: true, top_logprobs: 3 }),
      ...[1, 2, 3].map((seed) => opened.client!.chat.completions.create({ ...asked, seed })),
      opened.client!.chat.completions.create(asked),
    ]);
    const choice = first!.choices[0]!;
    const logprobs = choice.logprobs!.content!;
    expect(logprobs.map(({ logprob }) => logprob)).toEqual([...truth!.logprobs]);
    expect(logprobs.map(({ token }) => token).join('')).toBe(
      [...truth!.ids].map((id) => tokenizer.decode([id])).join(''),
    );
    for (const { top_logprobs: top } of logprobs) {
      expect(top).toHaveLength(3);
      expect(top[0]!.logprob).toBeGreaterThanOrEqual(top[1]!.logprob);
    }
    expect(choice.finish_reason).toBe(truth!.stop === 'length' ? 'length' : 'stop');
    expect(first!.usage).toEqual({
      prompt_tokens: ids.length,
      completion_tokens: truth!.ids.length,
      total_tokens: ids.length + truth!.ids.length,
    });
    expect(others.at(-1)!.choices[0]!.message.content).toBe(choice.message.content);
  });

  test('streams the same text, several choices at once, and the usage', async () => {
    const options = { ...asked, n: 3, max_tokens: 20 };
    const whole = await opened.client!.chat.completions.create(options);
    const texts = ['', '', ''];
    const reasons: (string | null)[] = [];
    let usage: OpenAI.CompletionUsage | null | undefined;
    const stream = await opened.client!.chat.completions.create({
      ...options,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
      for (const { index, delta, finish_reason: reason } of chunk.choices) {
        texts[index] += delta.content ?? '';
        if (reason !== null) reasons.push(reason);
      }
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(reasons).toHaveLength(3);
    expect(usage).toEqual(whole.usage);
  });

  test('stop strings end the text', async () => {
    const free = await opened.client!.chat.completions.create({ ...asked, max_tokens: 40 });
    const text = free.choices[0]!.message.content!;
    const stop = text.slice(8, 10);
    const cut = await opened.client!.chat.completions.create({ ...asked, max_tokens: 40, stop });
    expect(cut.choices[0]!.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(cut.choices[0]!.finish_reason).toBe('stop');
    expect(cut.usage!.completion_tokens).toBeLessThan(free.usage!.completion_tokens);
  });

  test('completions: texts and token ids, log-probs, several prompts, streamed', async () => {
    const ids = tokenizer.encode('4876 rav');
    const options = { model: 'tiny', max_tokens: 6, seed: 3, logprobs: 2 };
    const byText = await opened.client!.completions.create({ ...options, prompt: '4876 rav' });
    const byIds = await opened.client!.completions.create({ ...options, prompt: ids });
    expect(byIds.choices).toEqual(byText.choices);
    expect(byText.choices[0]!.logprobs!.token_logprobs).toHaveLength(
      byText.usage!.completion_tokens,
    );
    const two = await opened.client!.completions.create({
      ...options,
      prompt: [ids, [5, 6]],
      n: 2,
    });
    expect(two.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    let streamed = '';
    const stream = await opened.client!.completions.create({
      ...options,
      prompt: ids,
      stream: true,
      stream_options: { include_usage: true },
    });
    let usage: OpenAI.CompletionUsage | undefined;
    for await (const chunk of stream) {
      streamed += chunk.choices[0]?.text ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(streamed).toBe(byText.choices[0]!.text);
    expect(usage).toEqual(byText.usage);
  });

  test('a bias and a penalty reach the sampler; tools are offered', async () => {
    const forced = tokenizer.encode('e')[0]!;
    const biased = await opened.client!.chat.completions.create({
      ...asked,
      logit_bias: { [forced]: 100 },
      frequency_penalty: 0.5,
      tools: [{ type: 'function', function: { name: 'add', parameters: { type: 'object' } } }],
    });
    expect(biased.choices[0]!.message.content).toBe('e'.repeat(12));
    expect(biased.usage!.prompt_tokens).toBeGreaterThan(100);
  });

  test('an evaluation harness: several samples, both limits, a text format, stop lists, no seed', async () => {
    // What lighteval's client for such servers sends, null fields included.
    const request = {
      ...{ model: 'tiny', response_format: { type: 'text' as const }, logprobs: null, n: 2 },
      messages: [{ role: 'system' as const, content: 'Be brief.' }, ...messages],
      ...{ max_tokens: 9, max_completion_tokens: 9, stop: ['\n\n', 'Q:'], temperature: 0.6 },
      ...{ top_p: 0.95, seed: null, presence_penalty: null, frequency_penalty: null },
    };
    const { choices, usage } = await opened.client!.chat.completions.create(request);
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    for (const { message, finish_reason: reason } of choices) {
      expect(message.content).toEqual(expect.any(String));
      expect(['stop', 'length']).toContain(reason);
    }
    expect(usage!.completion_tokens).toBeLessThanOrEqual(18);
  });

  test('an evaluation by likelihood: the prompt comes back with its log-probs and the likeliest tokens', async () => {
    const ids = tokenizer.encode('4876 ravel '.repeat(6));
    expect(ids.length).toBeGreaterThan(33); // more than one piece of logits
    const asked = { model: 'tiny', prompt: ids, echo: true, logprobs: 2, temperature: 0 };
    const { choices, usage } = await opened.client!.completions.create({ ...asked, max_tokens: 0 });
    const [{ text, logprobs, finish_reason: reason }] = choices as [OpenAI.CompletionChoice];
    expect([text, reason, usage!.completion_tokens]).toEqual([tokenizer.decode(ids), 'length', 0]);
    const sequence = { promptIds: [], completionIds: ids };
    const [truth] = await scoreLogprobs(opened.model!, [sequence]);
    expect(logprobs!.token_logprobs![0]).toBeNull();
    for (const [t, logprob] of logprobs!.token_logprobs!.entries())
      if (t > 0) expect(logprob).toBeCloseTo(truth![t]!, 5);
    const [first, ...tops] = logprobs!.top_logprobs! as (Record<string, number> | null)[];
    expect(first).toBeNull();
    // what follows greedily is the likeliest token of its place
    const drawn = await opened.client!.completions.create({ ...asked, max_tokens: 1 });
    expect(drawn.choices[0]!.text.startsWith(text)).toBe(true);
    const whole = await opened.client!.completions.create({
      ...asked,
      prompt: [...ids.slice(0, 7)],
      max_tokens: 1,
    });
    const greedy = whole.choices[0]!.logprobs!.token_logprobs!.at(-1)!;
    expect(Math.max(...Object.values(tops[6]!))).toBeCloseTo(greedy, 5);
    const offsets = logprobs!.text_offset!;
    expect(offsets[2]).toBe(logprobs!.tokens!.slice(0, 2).join('').length);
    let streamed = '';
    for await (const part of await opened.client!.completions.create({
      ...{ ...asked, max_tokens: 3, stream: true as const },
    }))
      streamed += part.choices[0]!.text;
    const atOnce = await opened.client!.completions.create({ ...asked, max_tokens: 3 });
    expect(streamed).toBe(atOnce.choices[0]!.text);
    const nothing = opened.client!.completions.create({ ...asked, echo: false, max_tokens: 0 });
    await expect(nothing).rejects.toThrow('unless echo is true');
    const long = new Array<number>(513).fill(ids[0]!);
    const beyond = opened.client!.completions.create({ ...asked, prompt: long, max_tokens: 0 });
    await expect(beyond).rejects.toThrow('The prompt has 513 tokens, the model takes 512');
  });

  test.each<[number, string, object]>([
    [404, "The model 'other' does not exist", { model: 'other' }],
    [400, 'temperature', { temperature: -1 }],
    [400, 'messages', { messages: [] }],
    [400, 'only text is supported', { response_format: { type: 'json_object' } }],
    [400, 'takes 512', { messages: [{ role: 'user', content: 'abc '.repeat(600) }] }],
    [400, 'content must be a text', { messages: [{ role: 'tool', tool_call_id: 'x' }] }],
    [400, 'ids of logitBias', { logit_bias: { 99999: 1 } }],
  ])('says %i: %s', async (status, text, change) => {
    const call = opened.client!.chat.completions.create({ ...asked, ...change } as typeof asked);
    await expect(call).rejects.toMatchObject({ status, message: expect.stringContaining(text) });
    const streamed = opened.client!.chat.completions.create({ ...asked, ...change, stream: true });
    await expect(streamed).rejects.toMatchObject({ status });
  });

  test('asks for the token, for JSON, and for a path that is there', async () => {
    const wrong = new OpenAI({ baseURL: opened.url!, apiKey: 'no', maxRetries: 0 });
    await expect(wrong.models.list()).rejects.toMatchObject({ status: 401 });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const post = (path: string, type: string, body: string) =>
      fetch(`${opened.url}${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body,
      });
    expect((await post('/completions', 'text/plain', '{}')).status).toBe(415);
    expect((await post('/completions', 'application/json', '{')).status).toBe(400);
    expect((await post('/nothing', 'application/json', '{}')).status).toBe(404);
  });

  test('a client that leaves stops its sampling', async () => {
    const stream = await opened.client!.chat.completions.create({
      ...asked,
      max_tokens: 400,
      stream: true,
    });
    for await (const _ of stream) break;
    const after = await opened.client!.chat.completions.create(asked);
    expect(after.choices).toHaveLength(1);
  });
});

test('a model that always thinks: its thought begins in the prompt, and in what the client gets', async () => {
  const encode = qwen3Encoder(tokenizer, true);
  const parts = { name: 'thinking', model: opened.model!, tokenizer };
  const server = chatServer(serve({ ...parts, encodeChat: encode, opening: '<think>\n' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: '-', maxRetries: 0 });
  const request = { ...asked, model: 'thinking', n: 2 };
  const whole = await client.chat.completions.create(request);
  const ids = encodeChat(messages, tokenizer, { addGenerationPrompt: true, openThought: true });
  const truth = await generate(opened.model!, [ids], {
    ...{ maxTokens: 12, seed: 7, temperature: 0.9, numGenerations: 2 },
    tokenizer: { decode: (said) => tokenizer.decode(said, { skipSpecial: true }) },
  });
  const texts = truth.map(({ text }) => `<think>\n${text}`);
  expect(whole.choices.map(({ message }) => message.content)).toEqual(texts);
  expect(whole.usage!.prompt_tokens).toBe(ids.length);
  const streamed = ['', ''];
  const stream = await client.chat.completions.create({ ...request, stream: true });
  for await (const { choices } of stream) {
    for (const { index, delta } of choices) streamed[index] += delta.content ?? '';
  }
  expect(streamed).toEqual(texts);
  server.close();
});

test('calls of tools are told from text, however it is cut', () => {
  const said =
    'I ask. <tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call> <tool_call>no</tool_call><tool';
  for (const size of [1, 3, 7, 200]) {
    const reader = new ToolCallReader();
    let content = '';
    const calls: object[] = [];
    for (let at = 0; at < said.length; at += size) {
      const found = reader.push(said.slice(at, at + size));
      content += found.content;
      calls.push(...found.calls);
    }
    content += reader.end();
    expect(content).toBe('I ask.  <tool_call>no</tool_call><tool');
    expect(calls).toEqual([{ name: 'add', arguments: '{"a":1}' }]);
  }
});
