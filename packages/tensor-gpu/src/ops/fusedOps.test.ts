import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testedKernels } from '../backend/testedKernels.ts';
import { checkExample, relativeError } from '../fused/checkExample.ts';
import { checkFusedOp } from '../fused/checkFusedOp.ts';
import { type CpuDevice, openCpu } from '../index.ts';
import { record } from '../tape/record.ts';
import { attention, attentionOp } from './attention.ts';
import { embedding } from './embedding.ts';
import { fusedOps } from './fusedOps.ts';
import { headNormRope } from './headNormRope.ts';
import { lmHead, lmHeadKlOp } from './lmHead.ts';
import { rope } from './rope.ts';

const SHAPES = [[1], [3, 257], [2, 5, 64], [150, 32]];
let seed = 1;
const normal = (shape: number[], scale = 1) => tf.randomNormal(shape, 0, scale, 'float32', seed++);

describe.each(testedKernels)('fused kernels, %s', (kernels) => {
  let device: CpuDevice;
  const TIME = 301;
  /** Where subtrees end: of the tokens of a prompt behind everything, of a completion's behind itself. */
  const ends = (prompt: number, completion: number) => (i: number) =>
    i < prompt
      ? TIME
      : Math.min(TIME, prompt + completion * (1 + Math.floor((i - prompt) / completion)));

  beforeAll(async () => {
    device = await openCpu({ kernels, threads: 2 });
  });
  afterAll(() => device.dispose());

  test.each(fusedOps.map((op) => [op.definition.name, op] as const))(
    '%s agrees with its reference in value and every gradient, and leaks nothing',
    async (_, op) => {
      const before = tf.memory().numTensors;
      const check = await checkFusedOp(op, { shapes: SHAPES, seed: 3 });
      expect(check).toMatchObject({ fused: true, ok: true });
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test.each<{
    title: string;
    segments: (i: number) => number;
    causal: boolean;
    tree?: boolean;
    window?: number;
  }>([
    { title: 'one segment', segments: () => 0, causal: true },
    { title: 'not causal', segments: () => 0, causal: false },
    { title: 'right padding', segments: (i: number) => (i < 170 ? 0 : -1), causal: true },
    { title: 'left padding', segments: (i: number) => (i < 60 ? -1 : 0), causal: true },
    { title: 'packed', segments: (i: number) => (i > 290 ? -1 : Math.floor(i / 47)), causal: true },
    { title: 'packed, not causal', segments: (i: number) => Math.floor(i / 140), causal: false },
    {
      title: 'a tree: a prompt and its completions',
      segments: ends(100, 23),
      causal: true,
      tree: true,
    },
    {
      title: 'a tree: a prompt longer than a block',
      segments: ends(190, 7),
      causal: true,
      tree: true,
    },
    {
      title: 'a tree of three levels, single tokens, padding behind',
      segments: (i: number) => {
        if (i >= 240) return i % 2 ? 0 : i;
        if (i < 3) return 240;
        const prompt = Math.floor((i - 3) / 60);
        return (i - 3) % 60 < 40 ? Math.min(240, 63 + 60 * prompt) : i + 1;
      },
      causal: true,
      tree: true,
    },
    ...[1, 2, 37, 96, 133, 240, 300, 5000].map((window) => ({
      title: `a window of ${window}`,
      segments: () => 0,
      ...{ causal: true, window },
    })),
    {
      title: 'a window, packed, padding behind',
      segments: (i: number) => (i > 280 ? -1 : Math.floor(i / 141)),
      ...{ causal: true, window: 50 },
    },
    {
      title: 'a window, left padding',
      segments: (i: number) => (i < 130 ? -1 : 0),
      ...{ causal: true, window: 7 },
    },
  ])('attention over several blocks: $title', ({ segments, causal, tree = false, window = 0 }) => {
    const time = TIME;
    const definition = {
      ...attentionOp.definition,
      example: (): Parameters<typeof attentionOp> => [
        normal([1, time, 2, 24]),
        normal([1, time, 1, 24]),
        normal([1, time, 1, 24]),
        tf.tensor2d(
          Array.from({ length: time }, (_, i) => segments(i)),
          [1, time],
          'int32',
        ),
        { scale: 0.3, causal, tree, window },
      ],
    };
    for (const { what, fused, reference } of checkExample(definition, [], 1)) {
      expect(relativeError(fused.dataSync(), reference.dataSync()), what).toBeLessThan(3e-5);
      tf.dispose([fused, reference]);
    }
  });

  test.each(['reverse', 'forward'] as const)('lmHead in several tiles, kl %s', (direction) => {
    const definition = {
      ...lmHeadKlOp.definition,
      example: (): Parameters<typeof lmHeadKlOp> => [
        normal([260, 3]),
        normal([4200, 3]),
        tf.randomUniform([260], 0, 4200, 'int32', 9),
        normal([260, 3]),
        normal([4200, 3]),
        { temperature: 1.3, entropy: true, direction },
      ],
    };
    for (const { what, fused, reference } of checkExample(definition, [], 1)) {
      expect(relativeError(fused.dataSync(), reference.dataSync()), what).toBeLessThan(1e-4);
      tf.dispose([fused, reference]);
    }
  });

  test('lmHead: logits of +-80, offsets of 1000 and columns at -inf stay exact', () => {
    const logits = [
      [80, -80, 0, 79],
      [1001, 1000, 999, -1000],
      [1, Number.NEGATIVE_INFINITY, 2, 0],
    ];
    const exact = logits.map((row) => {
      const top = Math.max(...row);
      const ln = Math.log(row.reduce((sum, z) => sum + Math.exp(z - top), 0));
      return row.map((z) => z - top - ln);
    });
    // one-hot columns would give 0 * -inf: each row gets its own head
    for (const [r, row] of logits.entries()) {
      const weight = tf.tensor2d(row, [4, 1]);
      const hidden = tf.ones<tf.Rank.R2>([1, 1]);
      const { value, tape } = record(() => {
        const out = lmHead(hidden, weight, tf.tensor1d([2], 'int32'), {
          entropy: true,
          ref: { hidden, weight },
        });
        return { logprobs: out.logprobs, entropy: out.entropy!, kl: out.kl! };
      });
      const entropy = -exact[r]!.reduce(
        (sum, logp) => sum + (logp > -200 ? Math.exp(logp) * logp : 0),
        0,
      );
      expect(value.logprobs.dataSync()[0]).toBeCloseTo(exact[r]![2]!, 4);
      expect(value.entropy.dataSync()[0]).toBeCloseTo(entropy, 5);
      expect(value.kl.dataSync()[0]).toBe(0);
      const one = tf.ones([1]);
      const { weight: dweight } = tape.backward(
        [
          [value.logprobs, one],
          [value.kl, one],
        ],
        { weight },
      );
      for (const [v, dz] of dweight.dataSync().entries())
        expect(dz).toBeCloseTo(Number(v === 2) - Math.exp(exact[r]![v]!), 4);
    }
  });

  test('a frozen head gets no gradient and a base none either, even when it is the same tensor', () => {
    const hidden = normal([3, 4]);
    const base = normal([3, 4]);
    const weight = normal([6, 4]);
    const targets = tf.tensor1d([0, 5, 2], 'int32');
    const run = (refWeight: tf.Tensor) => {
      const { value, tape } = record(
        () => lmHead(hidden, weight, targets, { ref: { hidden: base, weight: refWeight } }).kl!,
      );
      const gradients = tape.backward([[value, tf.ones([3])]], { hidden, weight, base });
      return Object.values(gradients).map((g) => [...g.dataSync()]);
    };
    const [same, copy] = [run(weight), run(weight.clone())];
    expect(same).toEqual(copy);
    expect(same[2]).toEqual(new Array(12).fill(0));
    const { value, tape } = record(() => lmHead(hidden, weight, targets).logprobs);
    const gradient = tape.backward([[value, tf.ones([3])]], { hidden }).hidden;
    expect([...gradient.dataSync()]).not.toContain(Number.NaN);
  });

  test('tf.grads differentiates fused ops too', () => {
    const [q, k, v] = [normal([1, 5, 2, 4]), normal([1, 5, 1, 4]), normal([1, 5, 1, 4])];
    const segments = tf.zeros<tf.Rank.R2>([1, 5], 'int32');
    const f = (...x: tf.Tensor[]) => attention(x[0]!, x[1]!, x[2]!, segments);
    const seedOfY = normal([1, 5, 2, 4]);
    const theirs = tf.grads(f)([q, k, v], seedOfY);
    const { value, tape } = record(() => f(q, k, v));
    const ours = Object.values(tape.backward([[value, seedOfY]], { q, k, v }));
    for (const [i, gradient] of ours.entries())
      expect(gradient.dataSync()).toEqual(theirs[i]!.dataSync());
  });

  test('bad ids, targets and positions are named, not read past the table', () => {
    const ids = tf.tensor1d([0, 7], 'int32');
    expect(() => embedding(normal([5, 2]), ids)).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: embedding: ids must be in [0, 5), the rows of weight, got 7 at position 1. The ids and the weight do not belong together.]`,
    );
    expect(() => lmHead(normal([2, 3]), normal([5, 3]), ids)).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: lmHead: targets must be in [0, 5), the rows of weight, got 7 at position 1. Leave out positions without a target.]`,
    );
    const tables = normal([4, 1]);
    expect(() =>
      headNormRope(normal([1, 2, 1, 2]), tf.ones([2]), tables, tables, tf.reshape(ids, [1, 2]), {
        eps: 1e-6,
      }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: headNormRope: positions must be in [0, 4), the rows of cos, got 7. Build larger tables or shorten the sequence.]`,
    );
    const stand = { cos: tables, sin: tables, positions: tf.reshape(ids, [1, 2]) };
    expect(() => rope(normal([1, 2, 1, 2]), stand)).toThrow(
      'rope: positions must be in [0, 4), the rows of cos, got 7.',
    );
    expect(() => rope(normal([1, 2, 1, 4]), stand)).toThrow('got [1,2,1,4], [4,1]');
    expect(() => rope(normal([1, 2, 1, 2]), { ...stand, positions: tf.zeros([1, 2]) })).toThrow(
      'rope: positions must be int32',
    );
  });
});

test.each(testedKernels)('%s kernels give the same bits on 1 and 2 threads', async (kernels) => {
  const outputs: Float32Array[][] = [];
  for (const threads of [1, 2]) {
    const device = await openCpu({ kernels, threads });
    const values = fusedOps.flatMap((op) =>
      checkExample(op.definition, [150, 33], 5).map(({ fused }) => fused.dataSync<'float32'>()),
    );
    outputs.push(values);
    device.dispose();
  }
  expect(outputs[0]).toEqual(outputs[1]);
});
