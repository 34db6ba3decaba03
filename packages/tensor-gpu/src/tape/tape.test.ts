import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { record } from './record.ts';
import { registerGradients } from './registerGradients.ts';

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const close = (a: tf.Tensor, b: tf.Tensor) => {
  expect(a.shape).toEqual(b.shape);
  expect(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]).toBeLessThan(1e-5);
};

describe('record and Tape.backward', () => {
  test('equal tf.grads, with a cotangent that came after an await', async () => {
    const x = normal([3, 4], 1);
    const w = normal([4, 5], 2);
    const b = normal([5], 3);
    const f = (weights: tf.Tensor, bias: tf.Tensor) =>
      tf.logSoftmax(tf.add(tf.matMul(x, weights), bias));
    const { value, tape } = record(() => f(w, b));
    const cotangent = tf.tensor(
      (await value.data()).map((v, i) => v * Math.sin(i)),
      [3, 5],
    );
    const { weight, bias } = tape.backward([[value, cotangent]], { weight: w, bias: b });
    const theirs = tf.grads(f)([w, b], cotangent);
    close(weight, theirs[0]!);
    close(bias, theirs[1]!);
  });

  test('leave no tensor behind but value and gradients', () => {
    const w = tf.variable(normal([4, 4], 1));
    const before = tf.memory().numTensors;
    const { value, tape } = record(() => tf.tidy(() => tf.sum(tf.tanh(tf.matMul(w, tf.exp(w))))));
    const { w: gradient } = tape.backward([[value, tf.scalar(1)]], { w });
    expect(tf.memory().numTensors).toBe(before + 3); // value, cotangent, gradient
    gradient.dispose();
    const unused = record(() => tf.sum(tf.tanh(w)));
    unused.tape.dispose();
    unused.value.dispose();
    expect(() => record(() => tf.matMul(tf.exp(w), tf.ones([3, 3])))).toThrow();
    expect(tf.memory().numTensors).toBe(before + 2);
    w.dispose();
  });

  test('differentiate a tensor used twice, several outputs, an intermediate and customGrad', () => {
    const x = normal([6], 5);
    const tripled = tf.customGrad((value) => ({
      value: tf.mul(value as tf.Tensor, 3),
      gradFunc: (dy: tf.Tensor) => dy, // deliberately not 3 dy: it is what must be used
    }));
    const { value, tape } = record(() => {
      const middle = tf.square(x);
      const [a, b] = tf.split(tripled(middle), 2);
      return { middle, y: tf.add(tf.mul(a!, b!), tf.mul(a!, a!)) };
    });
    const seed = tf.ones([3]);
    const gradients = tape.backward([[value.y, seed]], { x, middle: value.middle, again: x });
    expect(Object.keys(gradients)).toEqual(['x', 'middle', 'again']);
    const { x: dx, middle: dmiddle, again } = gradients;
    const m = tf.mul(tf.square(x), 3);
    const [a, b] = tf.split(m, 2) as [tf.Tensor, tf.Tensor];
    close(dmiddle, tf.concat([tf.add(b, tf.mul(a, 2)), a]));
    close(dx, tf.mul(dmiddle, tf.mul(x, 2)));
    dx.dispose();
    expect(again.dataSync()).toHaveLength(6);
  });

  test('sum several cotangents and give zeros where no path leads', () => {
    const x = normal([2], 1);
    const other = normal([3], 2);
    const { value, tape } = record(() => [tf.mul(x, 2), tf.mul(x, 5)]);
    const { x: dx, other: dother } = tape.backward(
      [
        [value[0]!, tf.ones([2])],
        [value[1]!, tf.ones([2])],
        [x, tf.ones([2])],
      ],
      { x, other },
    );
    expect([...dx.dataSync()]).toEqual([8, 8]);
    expect([...dother.dataSync()]).toEqual([0, 0, 0]);
  });

  test('compute only what the parameters need', () => {
    const w = normal([2, 2], 1);
    const x = normal([2, 2], 2);
    const { value, tape } = record(() => tf.matMul(tf.matMul(x, w), tf.exp(w)));
    const seen: string[] = [];
    const { kernels } = tf.engine().state.activeProfile ?? { kernels: [] };
    expect(kernels).toBeDefined();
    tf.engine().state.profiling = true;
    tf.engine().state.activeProfile.kernels = [];
    const { x: dx } = tape.backward([[value, tf.ones([2, 2])]], { x });
    tf.engine().state.profiling = false;
    for (const kernel of tf.engine().state.activeProfile.kernels) seen.push(kernel.name);
    expect(seen.filter((name) => name === 'BatchMatMul')).toHaveLength(2); // not 4
    expect(dx.shape).toEqual([2, 2]);
  });

  test('differentiate a gradient: record around tf.grad', () => {
    const x = tf.tensor1d([2, 3]);
    const { value, tape } = record(() =>
      tf.grad((v: tf.Tensor) => tf.sum(tf.mul(tf.square(v), v)))(x),
    );
    const { x: second } = tape.backward([[value, tf.ones([2])]], { x });
    close(second, tf.mul(x, 6));
  });

  test('mend the gradient of matMul with broadcast batches', () => {
    const a = normal([2, 3, 4], 1);
    const b = normal([4, 5], 2);
    const { value, tape } = record(() => tf.matMul(a, tf.reshape(b, [1, 4, 5])));
    const seed = normal([2, 3, 5], 3);
    const { a: da, b: db } = tape.backward([[value, seed]], { a, b });
    close(db, tf.matMul(tf.reshape(a, [6, 4]), tf.reshape(seed, [6, 5]), true, false));
    close(da, tf.reshape(tf.matMul(tf.reshape(seed, [6, 5]), b, false, true), [2, 3, 4]));
  });

  test('the deprecated array form gives the same gradients in its order', () => {
    const [a, b] = [normal([3], 1), normal([3], 2)];
    const recorded = () => record(() => tf.mul(a, tf.exp(b)));
    const [named, listed] = [recorded(), recorded()];
    const seed = tf.ones([3]);
    const byName = named.tape.backward([[named.value, seed]], { b, a });
    const [db, da] = listed.tape.backward([[listed.value, seed]], [b, a]);
    expect(db!.dataSync()).toEqual(byName.b.dataSync());
    expect(da!.dataSync()).toEqual(byName.a.dataSync());
  });

  test('throw when used twice, on a wrong cotangent, nested, or without a gradient', () => {
    const x = normal([2], 1);
    const { value, tape } = record(() => tf.exp(x));
    expect(() => tape.backward([[value, tf.ones([3])]], { x })).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: Tape.backward: a cotangent must have the shape of its tensor [2], got [3]. Reshape it.]`,
    );
    tape.backward([[value, tf.ones([2])]], { x });
    expect(() => tape.backward([[value, tf.ones([2])]], { x })).toThrow('Record the forward pass');
    expect(() => record(() => record(() => tf.exp(x)).value)).toThrow('another gradient scope');
    const rounded = record(() => tf.topk(x, 1).values);
    expect(() => rounded.tape.backward([[rounded.value, tf.ones([1])]], { x })).toThrow(
      "kernel 'TopK' has no gradient",
    );
  });
});
