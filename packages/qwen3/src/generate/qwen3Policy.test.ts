import { readFileSync } from 'node:fs';
import { openCpu } from '@molrl/tensor-gpu';
import { fill, mul, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer } from '../chat/createTokenizer.ts';
import { renderSegments } from '../chat/renderSegments.ts';
import type { Segment } from '../chat/segment.ts';
import { addLora } from '../lora/addLora.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { TINY_CONFIG } from '../model/tinyConfig.ts';
import { qwen3Policy, type SampledSegment } from './qwen3Policy.ts';
import { sampleSeeds } from './sampleSeeds.ts';

const json = readFileSync(new URL('../../fixtures/recipeTokenizer.json', import.meta.url), 'utf8');
const tokenizer = createTokenizer(JSON.parse(json));

/** Without the half of a character at its end. */
const whole = (text: string): string => text.replace(/\ufffd$/, '');

beforeAll(async () => {
  await openCpu();
});

describe('qwen3Policy', () => {
  test('answers with the text, ids and log-probs of what it sampled, prompt-major', async () => {
    const model = createQwen3({ ...TINY_CONFIG, vocabSize: tokenizer.vocabSize }, { seed: 1 });
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const prompts: Segment[][] = ['4876 rav', '12'].map((text) => [
      { speaker: 'user', kind: 'prompt', turn: 0, text },
    ]);
    const answers = await policy.generate(prompts, { numGenerations: 2, maxTokens: 6, seed: 9 });
    expect(answers.length).toBe(4);
    for (const [i, answer] of answers.entries()) {
      const { ids, logprobs } = answer.tokens;
      const isWhole = ids.at(-1) === tokenizer.specialId('<|im_end|>');
      expect(answer).toMatchObject({ speaker: 'assistant', kind: 'policy', turn: 0 });
      expect(answer.text).toBe(whole(tokenizer.decode(isWhole ? ids.slice(0, -1) : ids)));
      expect(logprobs.length).toBe(ids.length);
      const episode = [...prompts[Math.floor(i / 2)]!, answer];
      const rendered = renderSegments(episode, tokenizer, { format: 'recipe' });
      expect([...rendered.ids].join()).toContain([...ids].join());
    }
    const again = await policy.generate(prompts, { numGenerations: 2, maxTokens: 6, seed: 9 });
    expect(again).toEqual(answers);
    const next = await policy.generate([[...prompts[0]!, answers[0]!]], { maxTokens: 1, seed: 1 });
    expect(next[0]!.turn).toBe(1);
    model.dispose();
  });

  const ask: Segment[][] = [[{ speaker: 'user', kind: 'prompt', turn: 0, text: '4876 rav' }]];
  const larger = (extra: number, eosTokenId: number | number[] | null = null): Qwen3 =>
    createQwen3(
      { ...TINY_CONFIG, vocabSize: tokenizer.vocabSize + extra, eosTokenId },
      { seed: 1 },
    );
  const end = tokenizer.specialId('<|im_end|>');

  test('every end of the config stops an answer, and others on request', async () => {
    const model = larger(0, [end, 0, 40]);
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    expect(policy.eosIds).toEqual([end, 0, 40]);
    const request = { numGenerations: 200, maxTokens: 30, seed: 1, temperature: 1.5 };
    const answers = await policy.generate(ask, request);
    const ended = answers.filter(({ tokens }) => tokens.stop === 'eos');
    expect(new Set(ended.map(({ tokens }) => tokens.ids.at(-1)))).toEqual(new Set(policy.eosIds));
    for (const { text, tokens } of answers) {
      const said = tokens.stop === 'eos' ? tokens.ids.slice(0, -1) : tokens.ids;
      expect(said.some((id) => policy.eosIds.includes(id))).toBe(false);
      expect(text).toBe(whole(tokenizer.decode(said)));
    }
    // A turn that another token ended is closed by the format's own end.
    const other = ended.find(({ tokens }) => tokens.ids.at(-1) === 0)!;
    const { ids, sampled } = renderSegments([other], tokenizer, { format: 'recipe' });
    const at = ids.indexOf(0, 2);
    expect([ids[at + 1], sampled[at], sampled[at + 1]]).toEqual([end, 1, 0]);

    expect(qwen3Policy(model, tokenizer, { format: 'recipe', eosIds: [7] }).eosIds).toEqual([
      end,
      7,
    ]);
    expect(qwen3Policy(model, tokenizer, { format: 'recipe', eosIds: null }).eosIds).toEqual([end]);
    model.dispose();
  });

  test('an answer that ends with its last token is told from a cut one', async () => {
    const model = larger(0);
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const answers = await policy.generate(ask, {
      numGenerations: 300,
      maxTokens: 2,
      seed: 1,
      temperature: 2,
    });
    for (const { tokens } of answers) {
      expect(tokens.stop).toBe(tokens.ids.at(-1) === end ? 'eos' : 'length');
    }
    model.dispose();
  });

  test('ids without a token are never sampled, unless asked for', async () => {
    const model = larger(60);
    const request = { numGenerations: 40, maxTokens: 12, seed: 1, temperature: 2 };
    const beyond = (answers: SampledSegment[]): number =>
      answers.flatMap(({ tokens }) => [...tokens.ids]).filter((id) => id >= tokenizer.vocabSize)
        .length;
    const usual = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const answers = await usual.generate(ask, request);
    expect(beyond(answers)).toBe(0);
    // The log-probs stay the trainer's, under a softmax over all rows; those of the draw are larger.
    const { logprobs, behaviorLogprobs } = answers[0]!.tokens;
    expect(behaviorLogprobs.every((value, t) => value > logprobs[t]!)).toBe(true);

    const all = qwen3Policy(model, tokenizer, { format: 'recipe', suppressTokens: null });
    const free = await all.generate(ask, request);
    expect(beyond(free)).toBeGreaterThan(10);
    for (const { text, tokens } of free) {
      const said = tokens.stop === 'eos' ? tokens.ids.slice(0, -1) : tokens.ids;
      expect(text).toBe(whole(tokenizer.decode(said, { skipUnknown: true })));
    }
    const more = qwen3Policy(model, tokenizer, { format: 'recipe', suppressTokens: [5, 6] });
    const fewer = (await more.generate(ask, request)).flatMap(({ tokens }) => [...tokens.ids]);
    expect(fewer.some((id) => id === 5 || id === 6 || id >= tokenizer.vocabSize)).toBe(false);
    model.dispose();
  });

  test('holes in the vocabulary are ids without a token', async () => {
    const holes = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter(
      (id) => id % 2 === 1,
    );
    const model = larger(0);
    const policy = qwen3Policy(model, { ...tokenizer, missingIds: holes }, { format: 'recipe' });
    const answers = await policy.generate(ask, { numGenerations: 20, maxTokens: 9, seed: 1 });
    expect(answers.flatMap(({ tokens }) => [...tokens.ids]).every((id) => id % 2 === 0)).toBe(true);
    model.dispose();
  });

  test('stop strings: ids are the fewest whose text has one, the text ends before it', async () => {
    const model = larger(0);
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const request = { numGenerations: 60, maxTokens: 40, seed: 4, temperature: 1 };
    const whole = await policy.generate(ask, request);
    const stop = ['e', ' d', 'a1'];
    const cut = await policy.generate(ask, { ...request, stop });
    const count = { stop: 0, eos: 0, length: 0 };
    for (const [i, { text, tokens }] of cut.entries()) {
      count[tokens.stop]++;
      const full = whole[i]!.tokens;
      expect(tokens.ids).toEqual(full.ids.slice(0, tokens.ids.length));
      expect(tokens.logprobs).toEqual(full.logprobs.slice(0, tokens.ids.length));
      const has = (ids: Int32Array): boolean => stop.some((s) => tokenizer.decode(ids).includes(s));
      if (tokens.stop !== 'eos') expect(has(tokens.ids)).toBe(tokens.stop === 'stop');
      expect(has(tokens.ids.slice(0, -1))).toBe(false);
      const places = stop.map((s) => whole[i]!.text.indexOf(s)).filter((at) => at >= 0);
      if (tokens.stop === 'stop') expect(text).toBe(whole[i]!.text.slice(0, Math.min(...places)));
      else expect(text).toBe(whole[i]!.text);
    }
    expect(count.stop).toBeGreaterThan(10);
    expect(await policy.generate(ask, { ...request, stop: null })).toEqual(whole);
    expect(await policy.generate(ask, { ...request, stop: [] })).toEqual(whole);
    for (const bad of ['e', [''], [7]]) {
      await expect(policy.generate(ask, { ...request, stop: bad as never })).rejects.toThrow(
        'stop must be a list of texts that are not empty',
      );
    }
    model.dispose();
  });

  test('filters are told once: they draw from another distribution than logprobs describe', () => {
    const model = larger(0);
    const told = (options: object): string[] => {
      const messages: string[] = [];
      qwen3Policy(model, tokenizer, {
        format: 'recipe',
        onWarning: (text) => messages.push(text),
        ...options,
      });
      return messages;
    };
    expect(told({ topP: 0.5, topK: 3 })).toEqual([expect.stringContaining('topK 3, topP 0.5')]);
    expect(told({ minP: 0.1 })[0]).toContain('behaviorLogprobs');
    expect(told({ repetitionPenalty: 1.1 })).toHaveLength(1);
    expect(told({ topP: 1, topK: 0, minP: null, repetitionPenalty: 1 })).toEqual([]);
    expect(told({ temperature: 0.3 })).toEqual([]);
    qwen3Policy(model, tokenizer, { format: 'recipe', topP: 0.5, onWarning: null });
    model.dispose();
  });

  test.each<[string, string, object]>([
    ['option', "Did you mean 'qwen3-non-thinking'?", { format: 'qwen3-nonthinking' }],
    ['option', 'format must be one of', { format: undefined }],
    ['option', "Did you mean 'eosIds'?", { eos_ids: [1] }],
    ['option', 'eosIds[0]', { eosIds: [1.5] }],
    ['option', 'eosIds must be a list', { eosIds: 16 }],
    ['option', 'suppressTokens[0]', { suppressTokens: [-1] }],
    ['option', 'specials', { specials: 'no' }],
    ['option', 'onWarning must be a function', { onWarning: 'log' }],
  ])('throws `%s`: %s', (code, text, options) => {
    const model = larger(0);
    expect(() => qwen3Policy(model, tokenizer, { format: 'recipe', ...options } as never)).toThrow(
      expect.objectContaining({ name: 'Qwen3Error', code, message: expect.stringContaining(text) }),
    );
    model.dispose();
  });

  test('a conversation longer than the context is told, the others are what they are without it', async () => {
    const model = larger(0);
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const long: Segment[] = [{ speaker: 'user', kind: 'prompt', turn: 0, text: 'a1 '.repeat(300) }];
    const request = { numGenerations: 2, maxTokens: 6, seed: 3 };
    const [other] = ask;
    const both = await policy.generate([other!, long, other!], request);
    expect(both.map(({ contextFull }) => contextFull === true)).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(both[2]).toMatchObject({ text: '', turn: 0, tokens: { ids: new Int32Array(0) } });
    const seeds = sampleSeeds(3, 6);
    const alone = await policy.generate([other!, other!], {
      ...request,
      seeds: [...seeds.slice(0, 2), ...seeds.slice(4)],
    });
    expect([...both.slice(0, 2), ...both.slice(4)]).toEqual(alone);
    expect(await policy.generate([long], request)).toMatchObject([
      { contextFull: true },
      { contextFull: true },
    ]);
    model.dispose();
  });

  test('prompts and requests that are none are named', async () => {
    const model = larger(0);
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const request = { maxTokens: 2, seed: 1 };
    await expect(policy.generate(null as never, request)).rejects.toThrow('prompts must be a list');
    await expect(policy.generate([null] as never, request)).rejects.toThrow(
      'segments must be a list',
    );
    await expect(policy.generate(ask, undefined as never)).rejects.toThrow(
      'request must be an object',
    );
    model.dispose();
  });

  test('names the config where its ends are not in the vocabulary, and a tokenizer of another model', () => {
    const model = larger(0, 99_999);
    expect(() => qwen3Policy(model, tokenizer, { format: 'recipe' })).toThrow(
      expect.objectContaining({ code: 'config', message: expect.stringContaining('eosTokenId') }),
    );
    model.dispose();
    const tiny = createQwen3({ ...TINY_CONFIG, vocabSize: 2 }, { seed: 1 });
    expect(() => qwen3Policy(tiny, tokenizer, { format: 'recipe' })).toThrow(
      '<|im_end|> is 2, the model has 2',
    );
    tiny.dispose();
  });
});

describe('is the adapter live?', () => {
  const ask: Segment[][] = [[{ speaker: 'user', kind: 'prompt', turn: 0, text: '4876 rav' }]];

  /** What a policy warns of in two rollouts, with an adapter whose B is this large; logits times `sharpness`. */
  async function warnings(
    size: number,
    { scaling = 2, sharpness = 1 }: { scaling?: number; sharpness?: number } = {},
  ): Promise<string[]> {
    const model = createQwen3({ ...TINY_CONFIG, vocabSize: tokenizer.vocabSize }, { seed: 1 });
    const head = model.trainable()['model.embed_tokens.weight']!;
    tidy(() => head.assign(mul(head, sharpness)));
    addLora(model, { r: 2, alpha: 2 * scaling });
    for (const [name, value] of Object.entries(model.trainable())) {
      if (name.endsWith('lora_B.weight')) tidy(() => value.assign(fill(value.shape, size)));
    }
    const told: string[] = [];
    const policy = qwen3Policy(model, tokenizer, {
      format: 'recipe',
      onWarning: (message) => told.push(message),
    });
    for (const seed of [1, 2]) await policy.generate(ask, { maxTokens: 4, seed });
    model.dispose();
    return told;
  }

  test('one that acts, and a new one whose B is 0, are no reason to warn', async () => {
    expect(await warnings(0.3)).toEqual([]);
    expect(await warnings(0)).toEqual([]);
  });

  test('one that changes nothing is, once', async () => {
    expect(await warnings(1e-12)).toEqual([expect.stringMatching(/'default' changes no log-prob/)]);
    expect(await warnings(0.3, { scaling: 0 })).toHaveLength(1);
  });

  test('nothing is said of answers that the base is certain of: no adapter could be seen in them', async () => {
    expect(await warnings(1e-12, { sharpness: 1000 })).toEqual([]);
  });
});
