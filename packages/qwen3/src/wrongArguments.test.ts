import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openCpu } from '@molrl/tensor-gpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as qwen3 from './index.ts';

/** Without its types, as JavaScript and values from a command line call it. */
const untyped = qwen3 as unknown as Record<string, (...args: unknown[]) => unknown>;

let model: qwen3.Qwen3;
let folder: string;

beforeAll(async () => {
  await openCpu();
  model = qwen3.createQwen3(qwen3.TINY_CONFIG, { seed: 1 });
  folder = await mkdtemp(join(tmpdir(), 'qwen3-'));
  await qwen3.saveModel(model, folder, { dtype: 'float32' });
});

async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
    return 'no error';
  } catch (error) {
    return error;
  }
}

describe('an option that is not known is an error with the nearest name', () => {
  test.each<[string, () => unknown[], string]>([
    ['loadModel', () => [folder, { configfile: 'x' }], 'configFile'],
    ['saveModel', () => [model, folder, { dtype: 'float32', copy_from: null }], 'copyFrom'],
    ['addLora', () => [model, { r: 2, alpha: 4, target: ['q_proj'] }], 'targets'],
    ['saveAdapter', () => [model, folder, { base_model: 'x' }], 'baseModel'],
    ['writeSafetensors', () => [join(folder, 'x'), {}, { dType: 'bfloat16' }], 'dtype'],
    ['createQwen3', () => [qwen3.TINY_CONFIG, { sead: 1 }], 'seed'],
    ['createQwen3', () => [{ ...qwen3.TINY_CONFIG, vocab_size: 9 }, { seed: 1 }], 'vocabSize'],
    ['formatConfig', () => [{ ...qwen3.TINY_CONFIG, rope_theta: 9 }, 'float32'], 'ropeTheta'],
    ['ropeTables', () => [{ headDim: 4, theta: 1, position: 2 }], 'positions'],
  ])('%s (%#)', async (name, args, nearest) => {
    const error = await errorOf(() => untyped[name]!(...args()));
    expect(error).toMatchObject({ name: 'Qwen3Error', code: 'option' });
    expect(String(error)).toContain(`Did you mean '${nearest}'?`);
    expect(model.adapter).toBeUndefined();
  });
});

describe('what is no model or tokenizer is named, a promise with the missing `await`', () => {
  const calls: [string, (model: unknown) => unknown[]][] = [
    ['saveModel', (none) => [none, folder, { dtype: 'float32' }]],
    ['addLora', (none) => [none, { r: 2, alpha: 4 }]],
    ['saveAdapter', (none) => [none, folder]],
    ['loadAdapter', (none) => [none, folder]],
    ['mergeLora', (none) => [none]],
    ['withoutAdapter', (none) => [none, () => 1]],
    ['generate', (none) => [none, [[1]], { maxTokens: 1, seed: 1 }]],
    ['generateByForward', (none) => [none, [[1]], { maxTokens: 1, seed: 1 }]],
    ['scoreLogprobs', (none) => [none, []]],
    ['qwen3Policy', (none) => [none, {}, { format: 'recipe' }]],
  ];
  test.each(calls)('%s', async (name, args) => {
    for (const none of [null, undefined, 'folder', { config: null }]) {
      const error = await errorOf(() => untyped[name]!(...args(none)));
      expect(error).toMatchObject({ name: 'Qwen3Error', code: 'option' });
      expect(String(error)).toContain(`${name}: model must be`);
    }
    const error = await errorOf(() => untyped[name]!(...args(Promise.resolve(model))));
    expect(String(error)).toContain('got a Promise. Write `await loadModel(folder)`.');
  });

  test.each<[string, (tokenizer: unknown) => unknown[]]>([
    ['qwen3Policy', (none) => [model, none, { format: 'recipe' }]],
    ['renderSegments', (none) => [[], none, { format: 'recipe' }]],
    ['encodeChat', (none) => [[], none]],
  ])('tokenizer of %s', async (name, args) => {
    const missing = await errorOf(() => untyped[name]!(...args(null)));
    expect(missing).toMatchObject({ name: 'Qwen3Error', code: 'option' });
    const promise = await errorOf(() => untyped[name]!(...args(Promise.resolve({}))));
    expect(String(promise)).toContain('Write `await loadTokenizer(folder)`.');
  });
});

test.each<[string, string, () => unknown[], string]>([
  [
    'createQwen3',
    'config',
    () => [{ ...qwen3.TINY_CONFIG, tieWordEmbeddings: 'false' }, { seed: 1 }],
    'config.tieWordEmbeddings must be true or false, got "false"',
  ],
  [
    'createQwen3',
    'config',
    () => [{ ...qwen3.TINY_CONFIG, eosTokenId: '5' }, { seed: 1 }],
    'config.eosTokenId must be null, a token id or a list of ids, got "5"',
  ],
  ['createQwen3', 'option', () => [null, { seed: 1 }], 'got null'],
  ['formatConfig', 'option', () => [null, 'float32'], 'got null'],
  [
    'formatConfig',
    'config',
    () => [{ ...qwen3.TINY_CONFIG, headDim: 0 }, 'float32'],
    'formatConfig: config.headDim',
  ],
  ['addLora', 'option', () => [model], 'options must be an object, got undefined'],
  [
    'addLora',
    'option',
    () => [model, { r: 1e9, alpha: 1 }],
    'r must be a whole number from 1 to 65536',
  ],
  ['addLora', 'option', () => [model, { r: 1, alpha: '4' }], 'alpha must be finite, got "4"'],
  [
    'addLora',
    'option',
    () => [model, { r: 1, alpha: 1, targets: 'q_proj' }],
    'targets must be a list, got "q_proj"',
  ],
  ['withoutAdapter', 'option', () => [model], 'fn must be a function, got undefined'],
  ['sampleSeeds', 'option', () => [1, 2 ** 40], 'count must be a whole number from 0 to'],
  [
    'ropeTables',
    'option',
    () => [{ headDim: 4, theta: 1, positions: -1 }],
    'positions must be a whole number',
  ],
  ['ropeTables', 'option', () => [{ headDim: 3, theta: 1, positions: 1 }], 'headDim must be even'],
  [
    'tokenBatch',
    'option',
    () => [[{ ids: [2 ** 32 + 5] }], { padId: 0 }],
    'ids of sequence 0[0] must be a whole number, 0 to 2147483647',
  ],
  [
    'tokenBatch',
    'option',
    () => [[{ ids: [5] }], { padId: 2 ** 32 }],
    'padId must be a whole number from 0 to 2147483647',
  ],
  ['packedBatch', 'option', () => [[{ ids: [2 ** 31] }]], 'ids of sequence 0[0]'],
])('%s throws `%s` (%#)', async (name, code, args, message) => {
  const error = await errorOf(() => untyped[name]!(...args()));
  expect(error).toMatchObject({ name: 'Qwen3Error', code });
  expect(String(error)).toContain(message);
});

test('names of Object.prototype are no weights', () => {
  for (const name of ['toString', '__proto__', 'constructor']) {
    expect(() => model.weight(name)).toThrow(expect.objectContaining({ code: 'option' }));
  }
});

describe('paths', () => {
  test('loadModel and loadTokenizer take a file: URL as object and as text', async () => {
    const tokenizer = {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
    };
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
    for (const url of [pathToFileURL(folder), pathToFileURL(folder).href]) {
      expect((await qwen3.loadTokenizer(url)).encode('aa')).toEqual([0, 0]);
      (await qwen3.loadModel(url)).dispose();
    }
  });

  test.each<[unknown]>([
    [null],
    [5],
    [''],
    ['a\0b'],
    [new URL('ftp://x.org/m')],
    [new URL('file:///a%2Fb')],
  ])('%s is none', async (path) => {
    for (const name of ['loadModel', 'loadTokenizer', 'openSafetensors']) {
      const error = await errorOf(() => untyped[name]!(path));
      expect(error).toMatchObject({ name: 'Qwen3Error', code: 'option' });
      expect(String(error)).toContain(`${name}: the path must be`);
    }
  });

  test('a folder without tokenizer.json says what it holds instead', async () => {
    const other = await mkdtemp(join(tmpdir(), 'qwen3-'));
    const advice = (): Promise<string> => errorOf(() => qwen3.loadTokenizer(other)).then(String);
    expect(await advice()).toContain('check the path');
    await writeFile(join(other, 'config.json'), '{}');
    expect(await advice()).toContain('copy tokenizer.json and tokenizer_config.json there');
    await writeFile(join(other, 'vocab.json'), '{}');
    expect(await advice()).toContain('It holds vocab.json');
    const hub = await errorOf(() => qwen3.loadTokenizer('Qwen/Qwen3-0.6B'));
    expect(String(hub)).toContain('hf download Qwen/Qwen3-0.6B');
  });
});
