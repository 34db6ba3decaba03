import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, test } from 'vitest';
import { narrow } from './narrow.ts';
import { type QuantizedDtype, quantize } from './quantize.ts';
import { storedTensor } from './storedTensor.ts';
import { widen } from './widen.ts';

describe('quantize', () => {
  const values = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i * i) * (i % 7));

  test.each<QuantizedDtype>(['q8_0', 'q4_0', 'q4_1'])(
    '%s: the numbers of the blocks, from a tensor and from a frozen weight',
    (dtype) => {
      const expected = widen(narrow(values, dtype), dtype);
      const weight = quantize(tf.tensor2d(values, [3, 64]), dtype);
      expect([weight.shape, weight.dtype]).toEqual([[3, 64], dtype]);
      expect(weight.dataSync()).toEqual(expected);
      const frozen = storedTensor(values, { shape: [3, 64], dtype: 'f32' });
      expect(quantize(frozen, dtype).dataSync()).toEqual(expected);
    },
  );

  test('refuses what has no blocks, other types and numbers that are none', () => {
    expect(() => quantize(tf.zeros([32, 40]), 'q4_0')).toThrow(
      'quantize: the last axis of [32,40] must be a multiple of 32',
    );
    expect(() => quantize(tf.zeros([32]), 'q5_0' as 'q4_0')).toThrow('quantize: dtype must be');
    expect(() => quantize(tf.zeros([2, 32], 'int32'), 'q4_1')).toThrow('must be float32');
    const broken = tf.tensor1d([...new Array(31).fill(0), Number.NaN]);
    expect(() => quantize(broken, 'q8_0')).toThrow('quantize: element 31 of [32] is NaN.');
  });
});
