import { openCpu, record } from '@molrl/tensor-gpu';
import { memory, onesLike, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createQwen3 } from './createQwen3.ts';
import type { ForwardInput } from './inputTensors.ts';
import { packedBatch } from './packedBatch.ts';
import type { Qwen3 } from './qwen3.ts';
import type { Qwen3Config } from './qwen3Config.ts';
import { TINY_CONFIG } from './tinyConfig.ts';
import { type TokenBatch, tokenBatch } from './tokenBatch.ts';

beforeAll(async () => {
  await openCpu();
});

const sequences = [{ ids: [5, 1, 36, 7, 2, 9] }, { ids: [4, 4] }, { ids: [30, 12, 8, 3] }];

/** Hidden states of the real tokens, in the order of the sequences. */
function hiddenOf(model: Qwen3, batch: TokenBatch): number[] {
  const hidden = tidy(() => model.forward(batch).dataSync());
  const width = model.config.hiddenSize;
  return [...batch.mask.keys()]
    .filter((i) => batch.mask[i])
    .flatMap((i) => [...hidden.subarray(i * width, (i + 1) * width)]);
}

function worst(a: number[], b: number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

describe('Qwen3', () => {
  test('a sequence has the same hidden states alone, padded on either side and packed', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const before = memory().numTensors;
    const alone = sequences.flatMap((sequence) =>
      hiddenOf(model, tokenBatch([sequence], { padId: 0 })),
    );
    const right = hiddenOf(model, tokenBatch(sequences, { padId: 0 }));
    const left = hiddenOf(model, tokenBatch(sequences, { padId: 0, padding: 'left' }));
    const packed = hiddenOf(model, packedBatch(sequences));
    for (const other of [right, left, packed]) expect(worst(other, alone)).toBeLessThan(2e-5);
    expect(memory().numTensors - before).toBeLessThanOrEqual(2); // the rotary tables
    model.dispose();
  });

  test('the padding token row of the embedding gets no gradient', () => {
    const model = createQwen3(
      { ...TINY_CONFIG, tieWordEmbeddings: false, padTokenId: 4 },
      { seed: 1 },
    );
    const name = 'model.embed_tokens.weight';
    const embedding = model.weight(name);
    expect([...embedding.dataSync().subarray(48, 60)]).toEqual(new Array(12).fill(0));
    const { value, tape } = record(() => model.forward(tokenBatch(sequences, { padId: 0 })));
    const ones = onesLike(value);
    const { gradient } = tape.backward([[value, ones]], { gradient: embedding });
    const rows = gradient.dataSync();
    expect(rows.subarray(48, 60).every((x) => x === 0)).toBe(true);
    expect(rows.subarray(60, 72).some((x) => x !== 0)).toBe(true);
    for (const tensor of [value, ones, gradient]) tensor.dispose();
    model.dispose();
  });

  test('the same seed gives the same weights', () => {
    const models = [7, 7, 8].map((seed) => createQwen3(TINY_CONFIG, { seed }));
    const [a, b, c] = models.map((model) => [...model.head().dataSync()]);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    for (const model of models) model.dispose();
  });

  test('shows its inner values', () => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const names: string[] = [];
    const observe = (name: string, _: Tensor): void => void names.push(name);
    model.forward({ ...tokenBatch(sequences, { padId: 0 }), observe }).dispose();
    expect(names).toContain('model.layers.1.mlp');
    model.dispose();
  });

  test.each<[string, ForwardInput]>([
    ['inputIds[0, 1] is 37, the vocabulary has 37 tokens', { B: 1, T: 2, inputIds: [0, 37] }],
    ['positions[0, 0] is -1', { B: 1, T: 1, inputIds: [0], positions: [-1] }],
    [
      'segmentIds must have B * T = 2 values, got 1',
      { B: 1, T: 2, inputIds: [0, 1], segmentIds: [0] },
    ],
    ['needs inputIds of shape [B, T] or B and T', { inputIds: [0, 1] }],
    ['inputIds[1] must be a whole number of 32 bits, got 1.5', { B: 1, T: 2, inputIds: [0, 1.5] }],
    ['inputIds[0] must be a whole number of 32 bits', { B: 1, T: 1, inputIds: [2 ** 32 + 5] }],
    ['positions[0, 0] is 1048576, must be', { B: 1, T: 1, inputIds: [0], positions: [2 ** 20] }],
    ['needs inputIds of shape [B, T] or B and T', { B: 0.5, T: 2, inputIds: [0] }],
  ])('refuses: %s', (message, input) => {
    const model = createQwen3(TINY_CONFIG, { seed: 1 });
    const before = memory().numTensors;
    expect(() => model.forward(input)).toThrow(message);
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('createQwen3', () => {
  const config = expect.objectContaining({ name: 'Qwen3Error', code: 'config' });

  test.each<Partial<Record<keyof Qwen3Config, unknown>>>([
    { numHiddenLayers: 28_000_000 },
    { numHiddenLayers: Number.MAX_SAFE_INTEGER },
    { vocabSize: 2 ** 50 },
    { vocabSize: 0 },
    { hiddenSize: 1.5 },
    { headDim: '6' },
    { numKeyValueHeads: undefined },
    { rmsNormEps: Number.NaN },
    { ropeTheta: 0 },
    { padTokenId: -1 },
    { slidingWindow: 0 },
    { slidingWindow: 2 ** 31 },
    { slidingWindow: null },
    { layerTypes: ['full_attention', 'sliding_attention'] },
    { slidingWindow: 3, layerTypes: ['full_attention', 'full_attention'] },
    { slidingWindow: 3, layerTypes: ['sliding_attention'] },
    { slidingWindow: 3, layerTypes: 'sliding_attention' },
    { modelType: 'llama', slidingWindow: 3 },
    { modelType: 'mistral', slidingWindow: 3, layerTypes: ['full_attention', 'sliding_attention'] },
  ])('%j throws `config` at once', (changes) => {
    const start = performance.now();
    const odd = { ...TINY_CONFIG, ...changes } as Qwen3Config;
    expect(() => createQwen3(odd, { seed: 1 })).toThrow(config);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
