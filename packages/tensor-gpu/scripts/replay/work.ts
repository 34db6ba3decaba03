import * as tf from '@tensorflow/tfjs-core';
import { createDecoder } from '../../src/decode/createDecoder.ts';
import { randomSpec, SMALL } from '../../src/decode/randomDecoder.ts';
import { attention } from '../../src/ops/attention.ts';
import { verify } from '../../src/ops/verify.ts';
import { adamw } from '../../src/optim/adamw.ts';
import { record } from '../../src/tape/record.ts';

/** Work that runs every kernel of the CPU, in shapes that meet tiles and tails. */
export async function everyKernel(): Promise<void> {
  await verify();
  tfjsOps();
  masks();
  await steps();
  await samples();
}

let seed = 0;
const normal = (...shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', ++seed);

/** Kernels behind tfjs's own ops. */
function tfjsOps(): void {
  tf.tidy(() => {
    const [a, b] = [normal(37, 53), normal(37, 53)];
    for (const op of [tf.add, tf.sub, tf.mul, tf.div, tf.squaredDifference]) {
      op(a, b);
      op(a, normal(53));
      op(normal(37, 1), b);
    }
    const positive = tf.add(tf.abs(a), 0.1);
    for (const op of [tf.neg, tf.exp, tf.square, tf.sigmoid, tf.abs, tf.relu]) op(a);
    for (const op of [tf.log, tf.sqrt, tf.rsqrt, tf.reciprocal]) op(positive);
    for (const axis of [0, 1]) tf.sum(a, axis);
    tf.transpose(normal(3, 17, 21), [2, 0, 1]);
    tf.gather(a, tf.tensor1d([3, 0, 36, 3], 'int32'));
    tf.slice(a, [2, 0], [9, 53]);
    tf.concat([a, b], 1);
    tf.fill([70], 1.5);
    for (const [m, n, k] of [
      [1, 40, 33],
      [7, 65, 30],
      [40, 71, 300],
      [130, 97, 64],
    ] as const)
      for (const [ta, tb] of [
        [false, false],
        [false, true],
        [true, false],
        [true, true],
      ] as const)
        tf.matMul(ta ? normal(k, m) : normal(m, k), tb ? normal(n, k) : normal(k, n), ta, tb);
  });
}

/** Attention over several blocks, by what its queries see. */
function masks(): void {
  const time = 301;
  const shapes = [4, 2, 2].map((heads) => [1, time, heads, 20]);
  const ends = (i: number) =>
    i < 100 ? time : Math.min(time, 123 + 23 * Math.floor((i - 100) / 23));
  const cases = [
    { segment: (i: number) => Math.floor(i / 47), options: {} },
    { segment: (i: number) => Math.floor(i / 140), options: { causal: false } },
    { segment: (i: number) => (i > 290 ? -1 : 0), options: { window: 37 } },
    { segment: ends, options: { tree: true } },
  ];
  for (const { segment, options } of cases)
    tf.tidy(() => {
      const [q, k, v] = shapes.map((shape) => normal(...shape)) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const ids = Array.from({ length: time }, (_, i) => segment(i));
      const segmentIds = tf.tensor2d(ids, [1, time], 'int32');
      const { value, tape } = record(() => attention(q, k, v, segmentIds, options));
      tape.backward([[value, normal(...q.shape)]], { q, k, v });
    });
}

async function steps(): Promise<void> {
  const parameters = { a: tf.variable(normal(70, 33)), b: tf.variable(normal(5)) };
  const optimizer = adamw(parameters, { learningRate: 1e-3 });
  for (let i = 0; i < 2; i++)
    await optimizer.step({ a: normal(70, 33), b: normal(5) }, { maxGradNorm: 1 });
}

/** A sampler of two small layers, greedy and with every filter. */
async function samples(): Promise<void> {
  const spec = randomSpec(SMALL);
  const layers = spec.layers.map((layer, k) => (k === 1 ? { ...layer, window: 4 } : layer));
  const decoder = createDecoder({ ...spec, layers });
  const prompts = [Int32Array.of(1, 2, 3, 4, 5, 6, 7), Int32Array.of(8, 9)];
  const seeds = [1, 2, 3, 4, 5, 6];
  for (const sampling of [
    { temperature: 0 },
    { temperature: 0.8, topK: 20, topP: 0.9, minP: 0.01 },
  ])
    await decoder.generate({
      prompts,
      maxTokens: 6,
      numGenerations: 3,
      seeds,
      eosIds: [],
      ...sampling,
    });
}
