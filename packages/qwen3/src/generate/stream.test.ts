import { readFileSync } from 'node:fs';
import { createKvCache, openCpu } from '@molrl/tensor-gpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer } from '../chat/createTokenizer.ts';
import { renderSegments } from '../chat/renderSegments.ts';
import type { Segment } from '../chat/segment.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import type { Completion } from './completion.ts';
import { CompletionText } from './completionText.ts';
import { generate } from './generate.ts';
import { generateByForward } from './generateByForward.ts';
import type { GenerateOptions } from './generateOptions.ts';
import { qwen3Policy } from './qwen3Policy.ts';
import { type StreamChunk, stream } from './stream.ts';

const json = readFileSync(new URL('../../fixtures/recipeTokenizer.json', import.meta.url), 'utf8');
const tokenizer = createTokenizer(JSON.parse(json));
const model = () =>
  createQwen3(
    { ...TINY_CONFIG, vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: 512 },
    { seed: 1 },
  );
const prompts = [tokenizer.encode('4876 rav'), tokenizer.encode('12')];

beforeAll(async () => {
  await openCpu();
});

async function readAll(chunks: AsyncGenerator<StreamChunk, Completion[], undefined>) {
  const seen: StreamChunk[] = [];
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) return { seen, completions: value };
    seen.push(value);
  }
}

describe('stream', () => {
  test.each<[string, Partial<GenerateOptions>]>([
    ['text', { tokenizer }],
    ['text up to a stop string', { tokenizer, stop: ['e', ' d', 'a1', 'ou'] }],
    ['ids alone', {}],
  ])('its chunks are what generate returns: %s', async (_, settings) => {
    const qwen3 = model();
    const options = { maxTokens: 30, numGenerations: 6, seed: 4, ...settings } as GenerateOptions; // one of the three
    const whole = await generate(qwen3, prompts, options);
    const { seen, completions } = await readAll(stream(qwen3, prompts, options));
    expect(completions).toEqual(whole);
    for (const [index, completion] of whole.entries()) {
      const own = seen.filter((chunk) => chunk.index === index);
      expect(own.map(({ id }) => id)).toEqual([...completion.ids]);
      expect(own.map(({ logprob }) => logprob)).toEqual([...completion.logprobs]);
      expect(own.map(({ text }) => text).join('')).toBe(completion.text ?? '');
      expect(own.map(({ stop }) => stop).filter(Boolean)).toEqual([completion.stop]);
    }
    expect(await generateByForward(qwen3, prompts, options)).toMatchObject(
      whole.map(({ ids, text, stop }) => ({ ids, stop, ...(text !== undefined && { text }) })),
    );
    qwen3.dispose();
  });

  test('leaving the loop stops the sampling; an abort and an error reach the reader', async () => {
    const qwen3 = model();
    let tokens = 0;
    const onProgress = (progress: { tokens: number }) => {
      tokens = progress.tokens;
    };
    const options = { maxTokens: 400, seed: 1, eosIds: null, onProgress };
    for await (const { index } of stream(qwen3, prompts, options)) {
      if (index === 1) break;
    }
    expect(tokens).toBeLessThan(400);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(readAll(stream(qwen3, prompts, { ...options, signal }))).rejects.toThrow('enough');
    await expect(readAll(stream(qwen3, [[]], options))).rejects.toThrow('prompt 0 is empty');
    qwen3.dispose();
  });
});

describe('CompletionText', () => {
  const pushAll = (text: CompletionText, ids: Iterable<number>): string[] => {
    const taken: string[] = [];
    for (const id of ids) {
      text.push(id);
      taken.push(text.take());
    }
    return [...taken, text.end()];
  };
  /** One token per byte, as byte-level tokenizers spell what they have no merge for. */
  const bytes = {
    decode: (ids: ArrayLike<number>) => new TextDecoder().decode(Uint8Array.from(Array.from(ids))),
    encode: (text: string) => [...new TextEncoder().encode(text)],
  };

  test('hands out whole characters only', () => {
    const said = 'a€😀\ufffdé';
    const taken = pushAll(new CompletionText(bytes, []), bytes.encode(said));
    expect(taken.join('')).toBe(said);
    expect(taken.every((part) => part.length <= 2 && !/^[\ud800-\udfff]$/.test(part))).toBe(true);
  });

  test.each([
    ['a€'.slice(0, 2), 2, 'a'],
    ['é😀', 3, 'é'],
    ['\ufffd', 3, '\ufffd'],
  ])('%j cut after %i bytes is %j', (said, count, wanted) => {
    const taken = pushAll(new CompletionText(bytes, []), bytes.encode(said).slice(0, count));
    expect(taken.join('')).toBe(wanted);
  });

  test('broken bytes inside stay, however many', () => {
    const ids = [97, 0xff, 0xff, 0xe2, 0x82, 0xff, 0xff, 0xff, 0xc3, 0xa9, 98];
    const taken = pushAll(new CompletionText(bytes, []), ids);
    expect(taken.join('')).toBe(bytes.decode(ids));
  });

  test('holds back what may become a stop string, and no more', () => {
    const text = new CompletionText(bytes, ['</end>', '€!']);
    const parts = pushAll(text, bytes.encode('x</en y€?'));
    expect(parts.join('')).toBe('x</en y€?');
    expect(parts.slice(0, 6)).toEqual(['x', '', '', '', '', '</en ']);
    const stopped = new CompletionText(bytes, ['</end>', '€!']);
    const taken = pushAll(stopped, bytes.encode('ab€!'));
    expect([taken.join(''), stopped.isStopped]).toEqual(['ab', true]);
  });
});

describe('generate', () => {
  test.each<[string, Partial<GenerateOptions>]>([
    ['penalties', { presencePenalty: 0.7, frequencyPenalty: 0.4, repetitionPenalty: 1.2 }],
    ['a bias', { logitBias: { 5: 3, 7: -1 }, topP: 0.8 }],
    ['allowed ids', { allowedTokenIds: [1, 2, 3, 40], suppressTokens: [3] }],
    ['filters', { topK: 7, minP: 0.01, temperature: 0.8 }],
  ])('equals the plain forward pass with %s, masks and most probable ids too', async (_, draw) => {
    const qwen3 = model();
    const options = {
      ...{ maxTokens: 8, seed: 5, topLogprobs: 4, returnSamplingMask: true },
      ...draw,
    } as GenerateOptions; // no cache, no stop
    const fast = await generate(qwen3, prompts, options);
    const plain = await generateByForward(qwen3, prompts, options);
    for (const [i, { ids, behaviorLogprobs, samplingMask, topLogprobs }] of fast.entries()) {
      const truth = plain[i]!;
      expect(ids).toEqual(truth.ids);
      expect(samplingMask).toEqual(truth.samplingMask);
      for (const [t, value] of behaviorLogprobs.entries()) {
        expect(value).toBeCloseTo(truth.behaviorLogprobs[t]!, 4);
        for (const [k, { id, logprob }] of topLogprobs![t]!.entries()) {
          expect(id).toBe(truth.topLogprobs![t]![k]!.id);
          expect(logprob).toBeCloseTo(truth.topLogprobs![t]![k]!.logprob, 4);
        }
      }
    }
    qwen3.dispose();
  });

  test.each<[string, object]>([
    ['stop needs tokenizer', { stop: ['a'] }],
    ['stop must be a list of texts that are not empty', { stop: 'a', tokenizer }],
    ['tokenizer.decode must be a function', { tokenizer: {} }],
    ['presencePenalty must be a finite number', { presencePenalty: Number.NaN }],
    ['ids of logitBias[0] must be a whole number', { logitBias: { 99999: 1 } }],
    ['logitBias[3] must be a finite number', { logitBias: { 3: Number.NaN } }],
    ['allowedTokenIds must be at least one id', { allowedTokenIds: [] }],
    ['allowedTokenIds must be at least one id', { allowedTokenIds: [4], suppressTokens: [4] }],
    ['maxRows', { maxRows: 0 }],
    ['topLogprobs', { topLogprobs: 65 }],
    ['cacheDtype must be one of', { cacheDtype: 'f16' }],
    ['cache must be what createKvCache returns', { cache: {} }],
    ['returnSamplingMask must be true or false', { returnSamplingMask: 1 }],
  ])('throws `option`: %s', async (text, options) => {
    const qwen3 = model();
    const call = generate(qwen3, prompts, { maxTokens: 2, temperature: 0, ...options } as never);
    await expect(call).rejects.toThrow(
      expect.objectContaining({ code: 'option', message: expect.stringContaining(text) }),
    );
    qwen3.dispose();
  });
});

describe('qwen3Policy', () => {
  test('a turn computes what is new; the answers are those of a policy without a cache', async () => {
    const qwen3 = model();
    const cache = createKvCache();
    const options = { format: 'recipe', temperature: 1 } as const;
    const kept = qwen3Policy(qwen3, tokenizer, { ...options, cache });
    const anew = qwen3Policy(qwen3, tokenizer, { ...options, cache: null });
    const episode: Segment[] = [
      { speaker: 'user', kind: 'prompt', turn: 0, text: 'a longer task: 4876 rav, 12 and more' },
    ];
    for (let turn = 0; turn < 4; turn++) {
      const request = { maxTokens: 20, seed: turn };
      const [answer] = await kept.generate([episode], request);
      expect([answer]).toEqual(await anew.generate([episode], request));
      episode.push(answer!, { speaker: 'user', kind: 'environment', turn, text: `no, ${turn}` });
    }
    const transcript = renderSegments(episode, tokenizer, { format: 'recipe' });
    expect(cache.usage().computed).toBeLessThanOrEqual(1.05 * transcript.ids.length);
    expect(cache.usage().reused).toBeGreaterThan(transcript.ids.length);
    cache.dispose();
    qwen3.dispose();
  });
});
