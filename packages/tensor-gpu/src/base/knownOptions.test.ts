import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { openCpu } from '../index.ts';
import { attention } from '../ops/attention.ts';
import { embedding } from '../ops/embedding.ts';
import { lmHead } from '../ops/lmHead.ts';
import { rmsNorm } from '../ops/rmsNorm.ts';
import { adamw } from '../optim/adamw.ts';
import { learningRateSchedule } from '../optim/learningRateSchedule.ts';
import { sampleToken } from '../sampling/sampleToken.ts';
import { samplingProbabilities } from '../sampling/samplingProbabilities.ts';
import { seededUniform } from '../sampling/seededUniform.ts';
import { knownOptions } from './knownOptions.ts';

const x = () => tf.ones([2, 2]);
const ids = () => tf.tensor1d([0, 1], 'int32');
const heads = () => tf.ones([1, 2, 1, 2]);
const w = () => tf.variable(tf.ones([2]));
/** Public functions with options, called with these beside good ones. `sampleToken` takes a whole request: other names pass. */
const CALLS: Record<string, (options: never) => unknown> = {
  openCpu: (options) => openCpu(options),
  adamw: (options) => adamw({ w: w() }, { learningRate: 1, ...(options as object) }),
  learningRateSchedule: (options) =>
    learningRateSchedule({
      type: 'constant',
      warmupSteps: 1,
      totalSteps: 2,
      ...(options as object),
    }),
  lmHead: (options) => lmHead(x(), x(), ids(), options),
  attention: (options) => attention(heads(), heads(), heads(), tf.zeros([1, 2], 'int32'), options),
  embedding: (options) => embedding(x(), ids(), options),
  rmsNorm: (options) => rmsNorm(x(), tf.ones([2]), { eps: 1, ...(options as object) }),
  sampleToken: (options) =>
    sampleToken([0, 1], { temperature: 1, seed: 1, step: 0, ...(options as object) }),
};

describe('options of public functions', () => {
  test.each(Object.entries(CALLS).filter(([name]) => name !== 'sampleToken'))(
    '%s: a name that is not known is an error',
    async (name, call) => {
      await expect((async () => call({ notAnOption: 1 } as never))()).rejects.toMatchObject({
        ...{ name: 'TensorGpuError', code: 'option' },
        message: expect.stringContaining(`${name}: unknown option 'notAnOption'.`),
      });
    },
  );

  test.each([
    ['adamw', { weight_decay: 0.1 }, "Did you mean 'weightDecay'?"],
    ['adamw', { beta: [0, 0] }, "Did you mean 'betas'?"],
    ['adamw', { learningRate: Number.NaN }, 'learningRate must be finite and >= 0'],
    ['adamw', { learningRate: '0.1' }, "got '0.1'"],
    ['adamw', { weightDecay: null }, 'weightDecay must not be null'],
    ['adamw', { eps: -1 }, 'eps must be finite and >= 0'],
    ['openCpu', { thread: 2 }, "Did you mean 'threads'?"],
    ['openCpu', { threads: Number.NaN }, 'threads must be an integer'],
    ['openCpu', { threads: '2' }, 'threads must be an integer'],
    ['openCpu', { maxBytes: Number.NaN }, 'maxBytes must be at least'],
    ['lmHead', { temperature: Number.NaN }, 'temperature must be finite'],
    [
      'lmHead',
      { direction: 'backward' },
      "direction must be 'reverse' or 'forward' or 'jsd', got 'backward'",
    ],
    ['lmHead', { entropy: 1 }, 'entropy must be true or false, got 1'],
    ['attention', { scale: Number.NaN }, 'scale must be finite'],
    ['attention', { causal: 'no' }, "causal must be true or false, got 'no'"],
    ['embedding', { paddingId: 0.5 }, 'paddingId must be an integer'],
    ['rmsNorm', { eps: Number.NaN }, 'eps must be finite and >= 0'],
    ['learningRateSchedule', { warmupSteps: Number.NaN }, 'warmupSteps must be an integer'],
    ['sampleToken', { seed: -1 }, 'seed must be an integer >= 0, got -1'],
    ['sampleToken', { seed: 2 ** 53 }, 'seed must be an integer'],
    ['sampleToken', { topP: 0 }, 'topP must be in (0, 1], got 0'],
    ['sampleToken', { topK: 1.5 }, 'topK must be an integer'],
    ['sampleToken', { temperature: Number.NaN }, 'temperature must be finite and >= 0'],
  ])('%s(%j) names the option', async (name, options, message) => {
    await expect((async () => CALLS[name]!(options as never))()).rejects.toThrow(message);
  });

  test('undefined erases no default, null means none where the default is none', () => {
    const given = { a: undefined, b: null, c: 0 };
    expect(knownOptions('f', given, ['a', 'b?', 'c'])).toEqual({ c: 0 });
    expect(() => knownOptions('f', given, ['a', 'b', 'c'])).toThrow('f: b must not be null');
    expect(() => knownOptions('f', null as never, ['a'])).toThrow('options must be an object');
    const options = { temperature: 1, topK: null, topP: undefined, minP: null };
    expect([...samplingProbabilities([0, 0], options)]).toEqual([0.5, 0.5]);
    expect(
      lmHead(x(), x(), ids(), { temperature: undefined, ref: null as never }).kl,
    ).toBeUndefined();
    expect(embedding(x(), ids(), { paddingId: null as never }).shape).toEqual([2, 2]);
  });

  test('counts, seeds and steps of functions without options', () => {
    expect(() => seededUniform(1.5, 0)).toThrow('seed must be an integer >= 0, got 1.5');
    expect(() => seededUniform(1, Number.NaN)).toThrow('step must be an integer >= 0, got NaN');
    const ratio = learningRateSchedule({ type: 'constant', warmupSteps: 1, totalSteps: 2 });
    expect(() => ratio(-1)).toThrow('step must be an integer >= 0, got -1');
    expect(() => samplingProbabilities([0, Number.NaN], { temperature: 1 })).toThrow(
      'logits[1] is NaN',
    );
  });
});
