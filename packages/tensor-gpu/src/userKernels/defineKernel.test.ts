import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkFusedOp } from '../fused/checkFusedOp.ts';
import { onFusedMismatch } from '../fused/firstUseCheck.ts';
import { openCpu } from '../index.ts';
import { record } from '../tape/record.ts';
import { registerGradients } from '../tape/registerGradients.ts';
import { defineKernel } from './defineKernel.ts';
import { ROW_NORM } from './rowNorm.ts';

beforeAll(async () => {
  await registerGradients();
  await tf.setBackend('cpu');
});
const report = vi.fn();
onFusedMismatch(report);
afterEach(() => report.mockClear());

const softsignReference = (x: tf.Tensor) => tf.div(x, tf.add(1, tf.abs(x)));

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
    tf.dispose([value, tape.backward([[value, tf.onesLike(value)]], { a, b })]);
    expect(tf.memory().numTensors).toBe(before + 1); // onesLike
  });

  test('a row kernel sums over more than 1000 columns, for value and weight gradient', async () => {
    const norm = defineKernel(
      {
        name: `norm-${mode}`,
        ...ROW_NORM,
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

  test.each(['Math.hypot(x, 1)', 'unknown(x)', '"text"', '(() => x)()'])(
    '%s is an error with our code, from ready() and not from the first use',
    async (body) => {
      const op = defineKernel(
        {
          name: `uncompiled-${mode}-${body}`,
          forward: new Function('x', `return ${body}`) as (x: number) => number, // as users' text
          inputs: ['x'],
          reference: (x: tf.Tensor) => tf.mul(x, 2),
        },
        { mode },
      );
      const error = await op.ready().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'TensorGpuError', code: 'option' });
      expect((error as Error).cause).toBeInstanceOf(Error);
      expect((error as Error).message).toContain(
        `gpu.js cannot compile forward of uncompiled-${mode}`,
      );
      expect([...op(tf.tensor1d([1])).dataSync()]).toEqual([2]); // the reference
    },
  );

  test('a gradient that gpu.js cannot compile is named; without ready() it is reported and the reference runs', async () => {
    const op = defineKernel(
      {
        name: `uncompiled-gradient-${mode}`,
        forward: (x) => x * 2,
        gradient: [(x, dy) => Math.hypot(x, dy)],
        reference: (x: tf.Tensor) => tf.mul(x, 2),
      },
      { mode },
    );
    expect([...op(tf.tensor1d([1])).dataSync()]).toEqual([2]);
    await vi.waitFor(() => expect(report).toHaveBeenCalledTimes(1));
    expect(report.mock.calls[0]?.[0]).toContain('gpu.js cannot compile gradient[0] of');
    expect([...op(tf.tensor1d([1])).dataSync()]).toEqual([2]);
  });

  test('a parameter may be assigned to', async () => {
    const op = defineKernel(
      {
        name: `assigned-${mode}`,
        forward: (x) => {
          let y = x;
          x = x * x;
          for (let i = 0; i < 3; i++) y += x;
          return y;
        },
        reference: (x: tf.Tensor) => tf.add(x, tf.mul(3, tf.square(x))),
      },
      { mode },
    );
    await op.ready();
    const check = await checkFusedOp(op, { shapes: [[3, 257]], seed: 5 });
    expect(check).toMatchObject({ fused: true, ok: true });
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

  test('refuses a variable that hides another one, in forward and in gradients', () => {
    const reference = (x: tf.Tensor) => tf.neg(x);
    const hides = new Function(
      'x',
      'let v = 1; if (x < -20) { let v = 5; v += 1; } return v * x;',
    ) as (x: number) => number; // text, since a compiler may rename the inner one
    expect(() =>
      defineKernel({ name: 'hides', forward: hides, inputs: ['x'], reference }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: defineKernel: a function of hides declares 'v' in a block where another 'v' is visible. gpu.js's WebAssembly mode keeps both in one place. Rename the inner one.]`,
    );
    expect(() =>
      defineKernel({
        name: 'hides',
        forward: (x) => -x,
        inputs: ['x'],
        gradient: [hides],
        reference,
      }),
    ).toThrow("declares 'v' in a block where another 'v' is visible");
    const own = new Function('x', 'if (x < 0) { let in_x = 1; return in_x; } return x;') as never;
    expect(() => defineKernel({ name: 'hides', forward: own, inputs: ['x'], reference })).toThrow(
      "declares 'in_x'",
    );
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
