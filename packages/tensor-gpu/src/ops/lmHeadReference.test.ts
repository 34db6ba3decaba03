import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { record } from '../tape/record.ts';
import { registerGradients } from '../tape/registerGradients.ts';
import { lmHeadJsdReference, lmHeadKlReference } from './lmHeadReference.ts';

describe('lmHeadKlReference', () => {
  beforeAll(async () => {
    await registerGradients();
    await tf.setBackend('cpu');
  });

  /** KL of every token and its gradient in the student's hidden states, with the head of the base. */
  function klAndSlope(
    hidden: tf.Tensor2D,
    base: tf.Tensor2D,
    direction: 'reverse' | 'forward' | 'jsd',
  ) {
    const weight = tf.randomNormal([37, 8], 0, 1, 'float32', 3);
    const targets = tf.tensor1d([0, 1, 2, 3, 4], 'int32');
    const options = { temperature: 0.7, entropy: false } as const;
    const kl = (h: tf.Tensor) =>
      direction === 'jsd'
        ? lmHeadJsdReference(h, weight, targets, base, weight, { ...options, jsdBeta: 0.3 })[2]!
        : lmHeadKlReference(h, weight, targets, base, weight, { ...options, direction })[2]!;
    const { value, tape } = record(() => kl(hidden));
    const { hidden: slope } = tape.backward([[value, tf.onesLike(value)]], { hidden });
    return { kl: (h: tf.Tensor) => kl(h).dataSync(), slope: slope! };
  }

  test.each(['reverse', 'forward', 'jsd'] as const)(
    'at the base the gradient of the %s KL is exactly 0, so that AdamW has no rounding to blow up',
    (direction) => {
      const hidden = tf.randomNormal<tf.Rank.R2>([5, 8], 0, 1, 'float32', 1);
      const { slope } = klAndSlope(hidden, hidden, direction);
      for (const g of slope.dataSync()) expect(Math.abs(g)).toBe(0);
    },
  );

  test.each(['reverse', 'forward', 'jsd'] as const)(
    'elsewhere the gradient of the %s KL is that of its value',
    (direction) => {
      const hidden = tf.randomNormal<tf.Rank.R2>([5, 8], 0, 1, 'float32', 1);
      const base = tf.randomNormal<tf.Rank.R2>([5, 8], 0, 1, 'float32', 2);
      const { kl, slope } = klAndSlope(hidden, base, direction);
      const along = tf.randomNormal<tf.Rank.R2>([5, 8], 0, 1e-2, 'float32', 4);
      const total = (h: tf.Tensor) => Array.from(kl(h)).reduce((sum, x) => sum + x, 0);
      const expected = (total(tf.add(hidden, along)) - total(tf.sub(hidden, along))) / 2;
      const actual = tf.sum(tf.mul(slope, along)).dataSync()[0]!;
      // The jsd is the smallest of the three, so that a difference of float32 sums says least about it.
      expect(Math.abs(actual / expected - 1)).toBeLessThan(direction === 'jsd' ? 1e-2 : 2e-3);
    },
  );
});
