import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkFusedOp } from './checkFusedOp.ts';
import { defineKernel } from './defineKernel.ts';
import { openCpu } from './openCpu.ts';
import { onFusedMismatch } from './selfCheck.ts';
import { record } from './tape/record.ts';
import { registerGradients } from './tape/registerGradients.ts';

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});
const report = vi.fn();
onFusedMismatch(report);
afterEach(() => report.mockClear());

const softsignReference = (x: tf.Tensor) => tf.div(x, tf.add(1, tf.abs(x)));
const normReference = (x: tf.Tensor, w: tf.Tensor) =>
  tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6))), w);

describe.each(['cpu', 'wasm'] as const)('defineKernel, gpu.js in mode %s', (mode) => {
  test('an element-wise kernel and its gradient equal the reference', async () => {
    const softsign = defineKernel(
      {
        name: `softsign-${mode}`,
        forward: (x) => x / (1 + Math.abs(x)),
        gradient: [(x, dy) => dy / ((1 + Math.abs(x)) * (1 + Math.abs(x)))],
        reference: softsignReference,
      },
      { mode },
    );
    await softsign.ready();
    const check = await checkFusedOp(softsign, { shapes: [[1], [3, 257], [2, 5, 64]], seed: 1 });
    expect(check).toMatchObject({ fused: true, ok: true });
    expect(Array.from(softsign(tf.tensor1d([-1, 3])).dataSync())).toEqual([-0.5, 0.75]);
    expect(report).not.toHaveBeenCalled();
  });

  test('a kernel of several inputs without a gradient gets the gradient of its reference', async () => {
    const gate = defineKernel(
      {
        name: `gate-${mode}`,
        inputs: ['a', 'b'],
        forward: (a, b) => {
          if (a > b) return a * b;
          return Math.exp(-Math.abs(b)) + a;
        },
        reference: (a: tf.Tensor, b: tf.Tensor) =>
          tf.where(tf.greater(a, b), tf.mul(a, b), tf.add(tf.exp(tf.neg(tf.abs(b))), a)),
      },
      { mode },
    );
    await gate.ready();
    const check = await checkFusedOp(gate, { shapes: [[1], [3, 257], [2, 5, 64]], seed: 2 });
    expect(check).toMatchObject({ fused: true, ok: true });
    const [a, b] = [tf.randomNormal([7]), tf.randomNormal([7])];
    gate(a, b).dispose();
    const before = tf.memory().numTensors;
    const { value, tape } = record(() => gate(a, b));
    tf.dispose([value, tape.backward([[value, tf.onesLike(value)]], [a, b])]);
    expect(tf.memory().numTensors).toBe(before + 1); // onesLike
  });

  test('a row kernel sums over more than 1000 columns, for value and weight gradient', async () => {
    const norm = defineKernel(
      {
        name: `norm-${mode}`,
        kind: 'row',
        inputs: ['x', 'w'],
        forward: (x, w, row, column, _rows, width) => {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += x[row]![i]! * x[row]![i]!;
          return (x[row]![column]! / Math.sqrt(sum / width + 1e-6)) * w[0]![column]!;
        },
        gradient: [
          (x, w, dy, row, column, _rows, width) => {
            let sum = 0;
            let dot = 0;
            for (let i = 0; i < width; i++) {
              sum += x[row]![i]! * x[row]![i]!;
              dot += dy[row]![i]! * w[0]![i]! * x[row]![i]!;
            }
            const scale = 1 / Math.sqrt(sum / width + 1e-6);
            return (
              scale *
              (dy[row]![column]! * w[0]![column]! -
                (x[row]![column]! * dot * scale * scale) / width)
            );
          },
          (x, _w, dy, _row, column, rows, width) => {
            let total = 0;
            for (let r = 0; r < rows; r++) {
              let sum = 0;
              for (let i = 0; i < width; i++) sum += x[r]![i]! * x[r]![i]!;
              total += (dy[r]![column]! * x[r]![column]!) / Math.sqrt(sum / width + 1e-6);
            }
            return total;
          },
        ],
        reference: normReference,
        shapes: (shape) => [shape, shape.slice(-1)],
      },
      { mode },
    );
    await norm.ready();
    const check = await checkFusedOp(norm, {
      shapes: [[1], [3, 257], [2, 5, 64], [2, 1801]],
      seed: 3,
    });
    expect(check).toMatchObject({ fused: true, ok: true });
    expect(report).not.toHaveBeenCalled();
  });

  test('a wrong kernel is reported once and replaced by its reference', async () => {
    const wrong = defineKernel(
      { name: `wrong-${mode}`, forward: (x) => x + 1, reference: (x: tf.Tensor) => tf.mul(x, 2) },
      { mode },
    );
    await wrong.ready();
    const x = tf.tensor1d([5, 6]);
    expect(Array.from(wrong(x).dataSync())).toEqual([10, 12]);
    expect(Array.from(wrong(x).dataSync())).toEqual([10, 12]);
    expect(report).toHaveBeenCalledTimes(1);
    expect(report.mock.calls[0]?.[0]).toContain(
      `wrong-${mode}: fused result differs from its reference on 'cpu'`,
    );
  });
});

describe('defineKernel', () => {
  test('runs on our CPU back end', async () => {
    const device = await openCpu({ threads: 1 });
    const cube = defineKernel({
      name: 'cube',
      forward: (x) => x * x * x,
      gradient: [(x, dy) => 3 * x * x * dy],
      reference: (x: tf.Tensor) => tf.mul(tf.square(x), x),
    });
    await cube.ready();
    const check = await checkFusedOp(cube, { shapes: [[3, 257]], seed: 4 });
    expect(check).toMatchObject({ backend: 'molrl', fused: true, ok: true });
    device.dispose();
    await tf.setBackend('cpu');
  });

  test('runs the reference until gpu.js has arrived', async () => {
    const late = defineKernel({
      name: 'late',
      forward: (x) => x * 3,
      reference: (x: tf.Tensor) => tf.mul(x, 3),
    });
    expect(Array.from(late(tf.tensor1d([2])).dataSync())).toEqual([6]);
    await late.ready();
    expect(Array.from(late(tf.tensor1d([2])).dataSync())).toEqual([6]);
    expect(report).not.toHaveBeenCalled();
  });

  test('throws for a taken name, missing gradients and functions that cannot be read', () => {
    const reference = softsignReference;
    defineKernel({ name: 'taken', forward: (x) => x, reference });
    expect(() => defineKernel({ name: 'taken', forward: (x) => x, reference })).toThrow(
      'a kernel named taken exists',
    );
    expect(() => defineKernel({ name: 'Exp', forward: (x) => x, reference })).toThrow(
      'a kernel named Exp exists',
    );
    expect(() => defineKernel({ name: 'few', forward: (x) => x, gradient: [], reference })).toThrow(
      'has 1 inputs (x), got 0 gradients',
    );
    expect(() =>
      defineKernel({ name: 'deep', forward: (({ length }: string) => length) as never, reference }),
    ).toThrow('simple parameters');
    expect(() =>
      defineKernel({
        name: 'many',
        inputs: ['x'],
        forward: ((x: number, y: number) => x + y) as never,
        reference,
      }),
    ).toThrow('must take (x), got (x, y)');
  });
});
