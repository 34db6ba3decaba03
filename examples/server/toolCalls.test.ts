import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createQwen3,
  createTokenizer,
  encodeChat,
  TINY_CONFIG,
  type Tokenizer,
} from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { type Tensor, tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { qwen3Encoder } from './chatEncoder.ts';
import { chatServer } from './chatServer.ts';
import { serve } from './served.ts';

/** What the model says, token by token: marks of a call are cut anywhere. */
const PIECES = [
  ...['I ask. <tool', '_call>\n{"name": "ad', 'd", "argum', 'ents": {"a": 17, "b": 25}}\n</tool'],
  ...['_call>\n<tool_call>{"name": "now"}', '</tool_call>'],
];
const json = new URL('../../packages/qwen3/fixtures/recipeTokenizer.json', import.meta.url);
const genuine = createTokenizer(JSON.parse(readFileSync(json, 'utf8')));
/** Ids behind the genuine ones are the pieces. */
const FIRST = genuine.vocabSize;
const tokenizer: Tokenizer = {
  ...genuine,
  vocabSize: FIRST + PIECES.length,
  decode: (ids, options) =>
    Array.from(ids, (id) => PIECES[id - FIRST] ?? genuine.decode([id], options)).join(''),
};

/** Layers that add nothing, and a head that knows each token's successor: a prompt's last token, the pieces, the end. */
function scripted(end: number) {
  const hiddenSize = 64;
  const vocabSize = tokenizer.vocabSize;
  const config = { ...TINY_CONFIG, hiddenSize, vocabSize, tieWordEmbeddings: false };
  const model = createQwen3(
    { ...config, maxPositionEmbeddings: 2048, eosTokenId: end, initializerRange: 1 },
    { seed: 3 },
  );
  const weights = model.trainable();
  const asked = encodeChat([{ role: 'user', content: 'x' }], genuine, {
    addGenerationPrompt: true,
  });
  const chain = [asked.at(-1)!, ...PIECES.map((_, i) => FIRST + i), end];
  const embed = weights['model.embed_tokens.weight']!.arraySync() as number[][]; // [V, H]
  const head = embed.map(() => new Array<number>(hiddenSize).fill(0));
  for (const [i, id] of chain.slice(0, -1).entries()) head[chain[i + 1]!] = embed[id]!;
  tidy(() => {
    for (const [name, value] of Object.entries(weights)) {
      if (/(o_proj|down_proj)/.test(name)) value.assign(zerosLike(value as Tensor));
    }
    weights['lm_head.weight']!.assign(tensor(head));
  });
  return model;
}

const opened: { server?: Server; client?: OpenAI } = {};
beforeAll(async () => {
  await openCpu();
  const end = genuine.specialId('<|im_end|>');
  const parts = { tokenizer, encodeChat: qwen3Encoder(tokenizer) };
  opened.server = chatServer(serve({ name: 'scripted', model: scripted(end), ...parts }));
  opened.server.listen(0, '127.0.0.1');
  await once(opened.server, 'listening');
  const { port } = opened.server.address() as AddressInfo; // it listens on a port
  opened.client = new OpenAI({
    ...{ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 },
  });
});
afterAll(() => opened.server?.close());

const tools: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'add', parameters: { type: 'object' } } },
];
const asked = {
  ...{ model: 'scripted', temperature: 0, max_tokens: 20, tools },
  messages: [{ role: 'user' as const, content: 'What is 17 + 25?' }],
};
const CALLS = [
  { name: 'add', arguments: '{"a":17,"b":25}' },
  { name: 'now', arguments: '{}' },
];

test('calls go to the client, and come back with the answers of the tools', async () => {
  const { chat } = opened.client!;
  const first = await chat.completions.create(asked);
  const { message, finish_reason: reason } = first.choices[0]!;
  expect(reason).toBe('tool_calls');
  expect(message.content).toBe('I ask. \n');
  const calls = message.tool_calls!.filter((call) => call.type === 'function');
  expect(calls.map((call) => call.function)).toEqual(CALLS);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  expect(calls[0]!.id).toMatch(/^call_/);

  const answers = calls.map(({ id }, i) => ({
    ...({ role: 'tool', tool_call_id: id, content: ['42', '12:00'][i]! } as const),
  }));
  const messages = [...asked.messages, message, ...answers];
  const second = await chat.completions.create({ ...asked, messages });
  const rendered = encodeChat(
    [
      asked.messages[0]!,
      {
        ...{ role: 'assistant', content: 'I ask. \n' },
        tool_calls: CALLS.map((call) => ({ function: call })),
      },
      ...answers.map(({ role, content }) => ({ role, content })),
    ],
    genuine,
    { tools, addGenerationPrompt: true },
  );
  expect(second.usage!.prompt_tokens).toBe(rendered.length);
  const without = await chat.completions.create({ ...asked, tool_choice: 'none' });
  expect(without.choices[0]!.message.content).toBe(PIECES.join(''));
  expect(without.choices[0]!.finish_reason).toBe('stop');
});

test('streamed calls are the same, each with its id and its place', async () => {
  const stream = await opened.client!.chat.completions.create({
    ...{ ...asked, stream: true },
    stream_options: { include_usage: true },
  });
  let content = '';
  const calls: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = [];
  const [reasons, usages]: [string[], object[]] = [[], []];
  for await (const { choices, usage } of stream) {
    if (usage) usages.push(usage);
    for (const { delta, finish_reason: reason } of choices) {
      content += delta.content ?? '';
      calls.push(...(delta.tool_calls ?? []));
      if (reason) reasons.push(reason);
    }
  }
  expect(content).toBe('I ask. \n');
  expect(calls.map(({ index, type, function: call }) => ({ index, type, call }))).toEqual(
    CALLS.map((call, index) => ({ index, type: 'function', call })),
  );
  expect(calls.every(({ id }) => /^call_/.test(id ?? ''))).toBe(true);
  expect(reasons).toEqual(['tool_calls']);
  const whole = await opened.client!.chat.completions.create(asked);
  expect(usages).toEqual([whole.usage]);
});

test('the runner of the client calls the tools itself', async () => {
  const heard: unknown[] = [];
  const runner = opened.client!.chat.completions.runTools(
    {
      ...asked,
      tools: [
        {
          type: 'function',
          function: {
            ...{ name: 'add', description: 'Adds.', parameters: { type: 'object' } },
            parse: JSON.parse,
            function: (given: object) => {
              heard.push(given);
              return '42';
            },
          },
        },
      ],
    },
    { maxChatCompletions: 1 },
  );
  await runner.done().catch(() => {}); // the script asks again for ever
  expect(heard[0]).toEqual({ a: 17, b: 25 });
});
