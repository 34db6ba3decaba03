// One file for all ops: they share the check by finite differences and the list fusedOps.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { relativeError } from '../fused/checkExample.ts';
import { differentiableInputs } from '../fused/runFusedKernel.ts';
import { record } from '../tape/record.ts';
import { registerGradients } from '../tape/registerGradients.ts';
import { attention, attentionOp } from './attention.ts';
import { embedding } from './embedding.ts';
import { fusedOps } from './fusedOps.ts';
import { lmHead } from './lmHead.ts';

let seed = 1;
const random = {
  normal: (shape: readonly number[], scale = 1) =>
    tf.randomNormal([...shape], 0, scale, 'float32', seed++),
  integers: (shape: readonly number[], below: number) =>
    tf.randomUniform([...shape], 0, below, 'int32', seed++),
};

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});

/** Kernels differentiate this on purpose otherwise than the value says. */
const NOT_THE_DERIVATIVE = ['embedding'];

/** Attention in which a token sees itself and one before it. */
const windowed: (typeof fusedOps)[number]['definition'] = {
  ...attentionOp.definition,
  name: 'attention with a window',
  example: (shape, given) => {
    const [q, k, v, segmentIds, options] = attentionOp.definition.example(shape, given);
    return [q, k, v, segmentIds, { ...options, window: 2 }];
  },
};

describe('references', () => {
  test.each([
    ...fusedOps.map((op) => op.definition).filter(({ name }) => !NOT_THE_DERIVATIVE.includes(name)),
    windowed,
  ])('the gradients of $name are its finite differences', (definition) => {
    const args = definition.example([2, 2, 6], random) as tf.Tensor[];
    const forward = (inputs: tf.Tensor[]) =>
      [definition.reference(...inputs)].flat() as tf.Tensor[];
    const { value, tape } = record(() => forward(args));
    const cotangents = value.map((y) => random.normal(y.shape));
    const loss = (inputs: tf.Tensor[]) =>
      tf.tidy(() =>
        forward(inputs)
          .map((y, k) => tf.sum(tf.mul(y, cotangents[k]!)).dataSync()[0]!)
          .reduce((a, b) => a + b, 0),
      );
    const { checked: names = differentiableInputs(definition) } = definition;
    const gradients = tape.backward(
      value.map((y, k) => [y, cotangents[k]!] as const),
      Object.fromEntries(names.map((name) => [name, args[definition.inputs.indexOf(name)]!])),
    );
    for (const [name, gradient] of Object.entries(gradients)) {
      const k = definition.inputs.indexOf(name);
      const direction = random.normal(args[k]!.shape);
      const along = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
      const moved = (step: number) =>
        loss(args.map((x, i) => (i === k ? tf.add(x, tf.mul(direction, step)) : x)));
      // Richardson: error O(h^4), and h is large enough for f32
      const central = (h: number) => (moved(h) - moved(-h)) / (2 * h);
      const difference = (4 * central(0.01) - central(0.02)) / 3;
      expect(Math.abs(along - difference) / Math.max(1, Math.abs(along)), name).toBeLessThan(5e-3);
    }
  });

  test('attention: a padding token gives and gets nothing, segments do not mix', () => {
    const [q, k, v] = [
      random.normal([1, 4, 2, 6]),
      random.normal([1, 4, 1, 6]),
      random.normal([1, 4, 1, 6]),
    ];
    const segments = tf.tensor2d([[0, 0, 1, -1]], [1, 4], 'int32');
    const { value, tape } = record(() => attention(q, k, v, segments));
    const rows = tf.unstack(tf.reshape(value, [4, 12]));
    expect([...rows[3]!.dataSync()]).toEqual(new Array(12).fill(0));
    expect([...rows[2]!.dataSync().slice(0, 6)]).toEqual([
      ...tf.slice(v, [0, 2], [1, 1]).dataSync(),
    ]);
    const { v: dv } = tape.backward([[value, tf.onesLike(value)]], { v });
    expect([...tf.slice(dv, [0, 3], [1, 1]).dataSync()]).toEqual(new Array(6).fill(0));
  });

  test('attention: in a tree every branch is as if it stood alone behind its prefix', () => {
    const [q, k, v] = [2, 1, 1].map((heads) => random.normal([1, 6, heads, 6])) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const ends = tf.tensor2d([[6, 6, 4, 4, 6, 6]], [1, 6], 'int32'); // two tokens, then two branches of two
    const whole = record(() => attention(q, k, v, ends, { tree: true }));
    const cotangent = random.normal([1, 6, 2, 6]);
    const gradients = whole.tape.backward([[whole.value, cotangent]], { q, k, v });
    const expected = { y: [] as number[], v: new Float32Array(36) };
    for (const places of [
      [0, 1, 2, 3],
      [0, 1, 4, 5],
    ]) {
      const rows = tf.tensor1d(places, 'int32');
      const [ownQ, ownK, ownV] = [q, k, v].map((x) => tf.gather(x, rows, 1)) as (typeof q)[];
      const segments = tf.zeros([1, 4], 'int32');
      const own = record(() => attention(ownQ!, ownK!, ownV!, segments));
      const isFirst = places[2] === 2; // the prefix is there once
      const given = tf.mul(
        tf.gather(cotangent, rows, 1),
        tf.reshape(tf.tensor1d(isFirst ? [1, 1, 1, 1] : [0, 0, 1, 1]), [1, 4, 1, 1]),
      );
      expected.y.push(...own.value.dataSync().slice(isFirst ? 0 : 24));
      const dv = own.tape.backward([[own.value, given]], { v: ownV! }).v.dataSync();
      for (const [i, value] of dv.entries())
        expected.v[places[Math.floor(i / 6)]! * 6 + (i % 6)]! += value;
    }
    expect(relativeError(whole.value.dataSync(), Float32Array.from(expected.y))).toBeLessThan(1e-6);
    expect(relativeError(gradients.v.dataSync(), expected.v)).toBeLessThan(1e-6);
    expect(() => attention(q, k, v, ends, { tree: true, causal: false })).toThrow(
      'attention: tree is for causal attention',
    );
  });

  test('attention: with a window a token gives what it gives behind the tokens that it sees', () => {
    const [q, k, v] = [2, 1, 1].map((heads) => random.normal([1, 9, heads, 6])) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const segments = tf.zeros([1, 9], 'int32');
    const whole = record(() => attention(q, k, v, segments, { window: 3 }));
    const rows = tf.unstack(whole.value, 1);
    for (const [t, row] of rows.entries()) {
      const first = Math.max(0, t - 2);
      const [ownQ, ownK, ownV] = [q, k, v].map((x) => tf.slice(x, [0, first], [1, t + 1 - first]));
      const own = attention(ownQ!, ownK!, ownV!, tf.zeros([1, t + 1 - first], 'int32'));
      const last = tf.slice(own, [0, t - first], [1, 1]);
      expect(relativeError(row.dataSync(), last.dataSync()), `token ${t}`).toBeLessThan(1e-6);
    }
    const ofLast = tf.pad(tf.ones([1, 1, 2, 6]), [
      [0, 0],
      [8, 0],
      [0, 0],
      [0, 0],
    ]);
    const { v: dv } = whole.tape.backward([[whole.value, ofLast]], { v });
    const reached = tf.sum(tf.abs(dv), [0, 2, 3]).dataSync();
    expect(Array.from(reached, (x) => x > 0)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1].map(Boolean));
    expect(() => attention(q, k, v, segments, { window: 3, tree: true })).toThrow('without tree');
    expect(() => attention(q, k, v, segments, { window: 3, causal: false })).toThrow('causal');
    expect(() => attention(q, k, v, segments, { window: 2.5 })).toThrow('window 2.5');
    expect(() => attention(q, k, v, segments, { window: 0 })).toThrow('attention: window');
  });

  test('embedding: paddingId keeps its row and gives it no gradient', () => {
    const weight = random.normal([3, 2]);
    const ids = tf.tensor1d([0, 1, 1], 'int32');
    const { value, tape } = record(() => embedding(weight, ids, { paddingId: 0 }));
    expect([...value.dataSync().slice(0, 2)]).toEqual([...weight.dataSync().slice(0, 2)]);
    const { weight: dweight } = tape.backward([[value, tf.onesLike(value)]], { weight });
    expect([...dweight.dataSync()]).toEqual([0, 0, 2, 2, 0, 0]);
  });

  test('lmHead: KL to itself is 0 and so is its gradient', () => {
    const hidden = random.normal([5, 4]);
    const weight = random.normal([7, 4]);
    const targets = random.integers([5], 7);
    const { value, tape } = record(
      () => lmHead(hidden, weight, targets, { ref: { hidden, weight } }).kl!,
    );
    for (const kl of value.dataSync()) expect(kl).toBeCloseTo(0, 6);
    const { hidden: dhidden } = tape.backward([[value, tf.ones([5])]], { hidden });
    expect(tf.max(tf.abs(dhidden)).dataSync()[0]).toBeLessThan(1e-6);
  });
});
