import { testedKernels } from '../backend/testedKernels.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Completion, DrawnToken } from '../backend/decodeJob.ts';
import { createKvCache } from '../backend/kvCache.ts';
import { adamw, type CpuDevice, openCpu } from '../index.ts';
import { createDecoder, type Decoder } from './createDecoder.ts';
import type { DecodeRequest } from './decodeRequest.ts';
import type { DecoderSpec } from './decoderSpec.ts';
import { PROMPTS, prompt, randomSpec, SMALL } from './randomDecoder.ts';

const REQUEST: DecodeRequest = {
  prompts: PROMPTS,
  numGenerations: 2,
  maxTokens: 24,
  temperature: 1,
  seeds: [11, 12, 13, 14, 2 ** 40 + 1, 16, 17, 0],
  eosIds: [],
};
const said = ({ ids }: Completion): number[] => [...ids];

describe.each(testedKernels)('continuous batching, %s kernels', (kernels) => {
  const opened: { device?: CpuDevice; spec?: DecoderSpec; decoder?: Decoder } = {};
  beforeAll(async () => {
    opened.device = await openCpu({ kernels, threads: 2 });
    opened.spec = randomSpec(SMALL);
    opened.decoder = createDecoder(opened.spec);
  });
  afterAll(() => opened.device?.dispose());
  const generate = (request: Partial<DecodeRequest>) =>
    opened.decoder!.generate({ ...REQUEST, ...request });

  test('a place that becomes free is taken at once, and nobody notices', async () => {
    const all = await generate({});
    const lengths = [3, 24, 1, 9, 24, 2, 17, 5];
    const order: number[] = [];
    const few = await generate({
      maxRows: 2,
      shouldStop: (ids, sample) => ids.length >= lengths[sample]!,
      onToken: ({ sample }) => order.push(sample),
    });
    for (const [sample, { ids, logprobs }] of few.entries()) {
      expect(ids).toEqual(all[sample]!.ids.slice(0, lengths[sample]));
      expect(logprobs).toEqual(all[sample]!.logprobs.slice(0, lengths[sample]));
    }
    // sample 2 starts where sample 0 has ended, long before sample 1 has
    expect(order.indexOf(2)).toBeLessThan(order.lastIndexOf(1));
    expect(order.slice(0, 6).every((sample) => sample < 2)).toBe(true);
  });

  test('a call joins one that is running, and leaves it as it is', async () => {
    const alone = await generate({});
    const later = { prompts: [prompt(21, 67)], seeds: [5, 6], temperature: 0.7, topK: 9 };
    const laterAlone = await generate(later);
    let joined: Promise<Completion[]> | undefined;
    const tokens: string[] = [];
    const first = await generate({
      onToken: (token: DrawnToken) => {
        tokens.push('first');
        joined ??=
          token.sample > 2
            ? generate({ ...later, onToken: () => tokens.push('joined') })
            : undefined;
      },
    });
    expect(first).toEqual(alone);
    expect(await joined).toEqual(laterAlone);
    expect(tokens.indexOf('joined')).toBeLessThan(tokens.lastIndexOf('first'));
  });

  test('where pages run out, sequences wait or start again: the same bits', async () => {
    const all = await generate({});
    const cache = createKvCache({ maxBytes: 40_000 });
    expect(await generate({ cache })).toEqual(all);
    const { computed } = cache.usage();
    const once = createKvCache();
    await generate({ cache: once });
    expect(computed).toBeGreaterThan(once.usage().computed); // some were computed again
    expect(cache.usage().bytes).toBeLessThanOrEqual(40_000);
    cache.dispose();
    once.dispose();
  });

  test('one job that fails or is aborted leaves the others alone', async () => {
    const alone = await generate({});
    const stop = new AbortController();
    const failing = generate({ shouldStop: (ids) => (ids.length > 3 ? fail('mine') : false) });
    const aborted = generate({
      signal: stop.signal,
      onProgress: ({ tokens }) => tokens > 20 && stop.abort(new Error('enough')),
    });
    const whole = generate({});
    await expect(failing).rejects.toThrow('mine');
    await expect(aborted).rejects.toThrow('enough');
    expect(await whole).toEqual(alone);
  });

  test('the cache of a turn serves the next: an episode computes its transcript once', async () => {
    const cache = createKvCache();
    let transcript = Array.from(prompt(30, 67));
    for (let turn = 0; turn < 4; turn++) {
      const request = { prompts: [Int32Array.from(transcript)], numGenerations: 1, seeds: [turn] };
      const short = { ...request, maxTokens: 8 };
      const [kept] = await generate({ ...short, cache });
      const [anew] = await generate(short);
      expect(kept).toEqual(anew);
      transcript = [...transcript, ...said(kept!), 7, 8, turn];
    }
    const { computed, reused } = cache.usage();
    const tokens = transcript.length - 4; // nobody has read the last feedback, nor the last token
    expect(computed).toBe(tokens);
    expect(computed).toBeLessThanOrEqual(1.05 * transcript.length);
    expect(reused).toBeGreaterThan(3 * 30);
    cache.dispose();
  });

  test("a group's prompt is computed once", async () => {
    const cache = createKvCache();
    const group = { prompts: [prompt(40, 67)], numGenerations: 6, seeds: [1, 2, 3, 4, 5, 6] };
    await generate({ ...group, maxTokens: 2, cache });
    expect(cache.usage().computed).toBe(39 + 6 * 2); // its last token is fed by each
    cache.dispose();
  });

  test('an update of the weights drops what was kept', async () => {
    const spec = opened.spec!;
    const norm = tf.variable(spec.norm);
    const decoder = createDecoder({ ...spec, norm });
    const cache = createKvCache();
    const request = { ...REQUEST, cache };
    await decoder.generate(request);
    const { reused } = cache.usage();
    await decoder.generate(request);
    expect(cache.usage().reused).toBeGreaterThan(reused);
    const optimizer = adamw({ norm }, { learningRate: 0.1 });
    await optimizer.step({ norm: tf.ones(norm.shape) });
    const kept = await decoder.generate(request);
    expect(kept).toEqual(await decoder.generate(REQUEST));
    cache.dispose();
    await expect(decoder.generate(request)).rejects.toThrow('cache was disposed');
  });

  const numbers = { window: 50, scaling: 1, eps: 1e-6 };
  test.each([
    { window: 3 },
    { scaling: 4 },
    { eps: 1e-2 },
    { window: 3, version: 'of the tensors' },
  ])(
    'other numbers beside the same weights drop what was kept: %o',
    async ({ version, ...own }) => {
      const spec = opened.spec!;
      const [a, b] = [tf.ones([2, 40]), tf.ones([24, 2])];
      const decoderWith = ({ window, scaling, eps }: typeof numbers) => {
        const lora = { q: { a, b, rank: 2, scaling } };
        const layers = spec.layers.map((layer) => ({ ...layer, window, lora }));
        return createDecoder({ ...spec, layers, eps, version });
      };
      const cache = createKvCache();
      await decoderWith(numbers).generate({ ...REQUEST, cache });
      const other = decoderWith({ ...numbers, ...own });
      expect(await other.generate({ ...REQUEST, cache })).toEqual(await other.generate(REQUEST));
      cache.dispose();
      tf.dispose([a, b]);
    },
  );

  test('what is kept gives way to a tensor that needs the memory', async () => {
    const cache = createKvCache();
    await generate({ cache });
    expect(cache.usage().bytes).toBeGreaterThan(0);
    const { reserved, inUse } = opened.device!.memory();
    tf.zeros([Math.ceil((reserved - inUse) / 4)]).dispose();
    expect(cache.usage().bytes).toBe(0);
    cache.dispose();
  });

  test.each([
    ['bf16', 0.02, 0.55],
    ['int8', 0.06, 0.4],
  ] as const)(
    'a %s cache changes log-probs by little, and is smaller',
    async (dtype, most, share) => {
      const exact = createKvCache();
      const small = createKvCache({ dtype });
      const { prompts, seeds } = REQUEST;
      const wanted = await generate({ cache: exact });
      // the same tokens are read: each forced to be what the exact one drew
      let gap = 0;
      for (const [p, completion] of wanted.entries()) {
        const ids = [...prompts[Math.floor(p / 2)]!, ...said(completion)];
        const [forced] = await generate({
          prompts: [Int32Array.from(ids)],
          numGenerations: 1,
          seeds: [seeds[p]!],
          maxTokens: 1,
          cacheDtype: dtype,
          topLogprobs: 20,
        });
        const [truth] = await generate({
          prompts: [Int32Array.from(ids)],
          numGenerations: 1,
          seeds: [seeds[p]!],
          maxTokens: 1,
          topLogprobs: 20,
        });
        const known = new Map(forced!.topLogprobs![0]!.map(({ id, logprob }) => [id, logprob]));
        for (const { id, logprob } of truth!.topLogprobs![0]!.slice(0, 10))
          gap = Math.max(gap, Math.abs(logprob - (known.get(id) ?? Number.NaN)));
      }
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThan(most);
      await generate({ cache: small });
      expect(small.usage().bytes / exact.usage().bytes).toBeLessThan(share);
      exact.dispose();
      small.dispose();
    },
  );

  test('tells the most probable ids, and which ids a token was drawn from', async () => {
    const completions = await generate({
      topLogprobs: 67,
      topK: 5,
      returnSamplingMask: true,
    }).catch((error: Error) => error.message);
    expect(completions).toContain('topLogprobs must be an integer from 0 to 64');
    const told = await generate({ topLogprobs: 64, topK: 5, returnSamplingMask: true });
    for (const { ids, logprobs, behaviorLogprobs, samplingMask, topLogprobs } of told) {
      const { tokenIds, offsets } = samplingMask!;
      for (const [t, id] of ids.entries()) {
        const kept = tokenIds.slice(offsets[t]!, offsets[t + 1]!);
        const top = topLogprobs![t]!;
        expect(new Set(kept)).toEqual(new Set(top.slice(0, 5).map((entry) => entry.id)));
        expect(top.find((entry) => entry.id === id)?.logprob ?? Number.NaN).toBeCloseTo(
          logprobs[t]!,
          5,
        );
        const mass = top.slice(0, 5).reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
        expect(logprobs[t]! - Math.log(mass)).toBeCloseTo(behaviorLogprobs[t]!, 5);
      }
    }
  });
});

function fail(message: string): never {
  throw new Error(message);
}
