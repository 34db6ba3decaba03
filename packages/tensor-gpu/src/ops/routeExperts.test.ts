import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { openCpu } from '../index.ts';
import { routeExperts } from './routeExperts.ts';

beforeAll(() => openCpu({ threads: 1 }));

test('of equal probabilities the first experts are taken', () => {
  const { chosen } = routeExperts(
    tf.tensor2d([
      [0.25, 0.25, 0.25, 0.25],
      [0, 1, 0, 0],
    ]),
    2,
  );
  expect(chosen.arraySync()).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test('slots, places and offsets belong together', () => {
  const [N, E, k] = [37, 5, 3];
  const probabilities = tf.softmax(tf.randomNormal([N, E], 0, 1, 'float32', 1));
  const route = routeExperts(probabilities, k);
  const read = (tensor: tf.Tensor) => [...tensor.dataSync()];
  const [chosen, places, offsets] = [route.chosen, route.places, route.offsets].map(read);
  expect(offsets![0]).toBe(0);
  expect(offsets![E]).toBe(N * k);
  expect([...places!].sort((a, b) => a - b)).toEqual(Array.from({ length: N * k }, (_, i) => i));
  for (const [slot, place] of places!.entries()) {
    const expert = chosen![slot]!;
    expect(place).toBeGreaterThanOrEqual(offsets![expert]!);
    expect(place).toBeLessThan(offsets![expert + 1]!);
    expect(read(route.tokens)[place]).toBe(Math.floor(slot / k));
    expect(read(route.owners)[place]).toBe(expert);
    expect(read(route.picks)[slot]).toBe(Math.floor(slot / k) * E + expert);
  }
});

test('more choices than experts, and what is no matrix, are errors', () => {
  expect(() => routeExperts(tf.ones([2, 3]), 4)).toThrow('routeExperts: k');
  expect(() => routeExperts(tf.ones([3]), 1)).toThrow('must be [N,E], got [3]');
});
