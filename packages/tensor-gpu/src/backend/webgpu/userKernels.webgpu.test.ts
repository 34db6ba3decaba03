import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDevice } from '../../devices/openDevice.ts';
import { checkFusedOp } from '../../fused/checkFusedOp.ts';
import { onFusedMismatch } from '../../fused/firstUseCheck.ts';
import { record } from '../../tape/record.ts';
import { defineKernel } from '../../userKernels/defineKernel.ts';
import { ROW_NORM } from '../../userKernels/rowNorm.ts';
import type { WebGpuDevice } from './openWebGpu.ts';

let device: WebGpuDevice;
const report = vi.fn();
onFusedMismatch(report);
beforeAll(async () => {
  device = await openDevice('webgpu');
});
afterAll(() => device.dispose());

const AWKWARD = [
  ...[0, 1, -1, 2, -2, 0.5, -0.5, 2.5, -2.5, -1.5, 0.49999997, 8388609, 3, -3, 7, -7],
  ...[89, -89, 1e-8, -1e-8, 1e4, 13, 20.5, Number.NaN, Number.POSITIVE_INFINITY],
];
let names = 0;

/** What a function of one number gives on the GPU for awkward numbers, and in JavaScript, rounded to float32. */
async function bothOf(body: string): Promise<{ own: number[]; expected: number[] }> {
  const forward = new Function('x', body) as (x: number) => number; // a user's text
  const op = defineKernel({
    ...{ name: `awkward${names++}`, inputs: ['x'], forward },
    reference: (x: tf.Tensor) => tf.mul(x, 1),
    tolerance: Number.POSITIVE_INFINITY, // the check is not what is tested: the reference is another function
  });
  await op.ready();
  const x = tf.tensor1d(AWKWARD);
  const y = op(x);
  const own = [...(await y.data())];
  tf.dispose([x, y]);
  return { own, expected: AWKWARD.map((v) => Math.fround(Number(forward(Math.fround(v))))) };
}

describe('a kernel of a user on a GPU', () => {
  test.each([
    'return Math.pow(x, 3)',
    'return x ** 2 + (-x) ** 3',
    'return Math.pow(x, 0.5)',
    'return Math.pow(x, -2)',
    'return x !== x ? 5 : 6',
    'return x === x ? 5 : 6',
    'if (x < 0) return 1; if (x >= 0) return 2; return 3',
    'return x ? 1 : 0',
    'return Math.max(x, 1) + Math.min(2, x, 3)',
    'return isNaN(x) || !Number.isFinite(x) ? 1 : x > 1 && x < 8 ? 2 : 3',
    'return Math.tanh(x)',
    'return Math.round(x)',
    'return Math.trunc(x) + Math.floor(x) * Math.ceil(x)',
    'return x % 2.5',
    'return Math.sign(x) + Math.abs(x) + Math.sqrt(x)',
    'return Math.log1p(x) + Math.expm1(x / 100)',
    'return Math.log(x)',
    'return Math.log2(Math.abs(x)) + Math.log10(8 * x) + Math.cbrt(x) + Math.hypot(x, 1)',
    'return Math.exp(x / 8) + Math.sin(x) + Math.cos(x) + Math.atan2(x, 2) + Math.atan(x)',
    'return 7 / 2 + x * Math.PI',
    'let v = x; v *= 2; v -= 1; v /= 3; v++; --v; return v',
    'let y = x; x = x * 2; return y + x',
    'let s = 0; let i = 0; while (i < 1500) { s += 1; i++; if (s > 1200) break; } return s + x',
    'let s = 0; for (let i = 10; i > 0; i -= 3) { if (i === 4) continue; s += i / 2; } return s - x',
    'let n = 0; do { n += 1; x = x / 2; } while (Math.abs(x) > 1 && n < 40); return n',
    'var s = 1; for (var i = 0; i < 3; i++) { var t = i + 1; s = s * t; } return s + t + x',
    'const big = x > 2; let flag = !big; flag = flag && x > 0; return flag ? 1 : big || x < -2 ? 2 : 3',
    'x > 1 && (x = 1); x < -1 ? (x = -1) : (x = x + 0); return x || 9',
    'const a = x + 1, b = a * a; { const c = b - 1; return c } ',
  ])('%s is what it is in JavaScript', async (body) => {
    const { own, expected } = await bothOf(body);
    for (const [k, value] of own.entries()) {
      const exact = expected[k]!;
      const what = `of ${AWKWARD[k]}: ${value} instead of ${exact}`;
      if (Number.isNaN(exact)) expect(value, what).toBeNaN();
      else if (!Number.isFinite(exact)) expect(value, what).toBe(exact);
      else expect(Math.abs(value - exact) / Math.max(1, Math.abs(exact)), what).toBeLessThan(3e-6);
    }
  });

  test('takes and gives tensors where they lie, in one dispatch, and has the gradients it is given', async () => {
    const softsign = defineKernel({
      name: 'softsignOnGpu',
      forward: (x) => x / (1 + Math.abs(x)),
      gradient: [(x, dy) => dy / ((1 + Math.abs(x)) * (1 + Math.abs(x)))],
      reference: (x: tf.Tensor) => tf.div(x, tf.add(1, tf.abs(x))),
    });
    const x = tf.randomNormal([3, 257], 0, 1, 'float32', 1);
    const early = softsign(x); // not compiled yet: the reference
    await softsign.ready();
    const check = await checkFusedOp(softsign, { shapes: [[1], [3, 257], [0, 4]], seed: 1 });
    expect(check).toMatchObject({ fused: true, ok: true, backend: 'molrl-webgpu' });
    await device.finish();
    const before = device.counts();
    const { value, tape } = record(() => softsign(x));
    const { x: gradient } = tape.backward([[value, x]], { x });
    const after = device.counts();
    expect(after.dispatches - before.dispatches).toBe(2);
    expect([after.readBacks, after.bytesUploaded]).toEqual([
      before.readBacks,
      before.bytesUploaded,
    ]);
    const [own, slow] = await Promise.all([value.data(), early.data()]);
    for (const [k, v] of own.entries()) expect(v).toBeCloseTo(slow[k]!, 6);
    tf.dispose([x, early, value, gradient]);
    expect(report).not.toHaveBeenCalled();
  });

  test('of rows: more than 1000 columns, a weight of one row, gradients at the places of each input', async () => {
    const norm = defineKernel({ name: 'normOnGpu', ...ROW_NORM });
    await norm.ready();
    const shapes = [[1], [3, 257], [2, 5, 64], [2, 1801]];
    const check = await checkFusedOp(norm, { shapes, seed: 3 });
    expect(check).toMatchObject({ fused: true, ok: true });
  });

  test('without gradients has those of its reference; a place outside of a row is NaN', async () => {
    const next = defineKernel({
      name: 'nextOnGpu',
      kind: 'row',
      inputs: ['x'],
      forward: (x, row, column, _rows, width) => {
        const at = column + 1;
        return at < width ? x[row]![at]! : 0;
      },
      reference: (x: tf.Tensor) => {
        const [rows, width] = [x.size / x.shape.at(-1)!, x.shape.at(-1)!];
        const flat = tf.reshape(x, [rows, width]);
        const moved = tf.concat(
          [tf.slice(flat, [0, 1], [rows, width - 1]), tf.zeros([rows, 1])],
          1,
        );
        return tf.reshape(moved, x.shape);
      },
    });
    await next.ready();
    const check = await checkFusedOp(next, { shapes: [[3, 257]], seed: 5 });
    expect(check).toMatchObject({ fused: true, ok: true });
    const beyond = defineKernel({
      ...{ name: 'beyondOnGpu', kind: 'row', inputs: ['x'], tolerance: Number.POSITIVE_INFINITY },
      forward: (x, row, column) => x[row]![column + 1]! + x[row]![-1]! + x[row]![0.5]!,
      reference: (x: tf.Tensor) => tf.mul(x, 1),
    });
    await beyond.ready();
    const x = tf.ones([1, 2]);
    expect([...(await beyond(x).data())]).toEqual([Number.NaN, Number.NaN]);
  });

  test('that is wrong is reported by ready() and replaced by its reference', async () => {
    report.mockClear();
    const wrong = defineKernel({
      name: 'wrongOnGpu',
      forward: (x) => x + 1,
      reference: (x: tf.Tensor) => tf.mul(x, 2),
    });
    await wrong.ready();
    expect([...(await wrong(tf.tensor1d([5, 6])).data())]).toEqual([10, 12]);
    expect(report).toHaveBeenCalledTimes(1);
    expect(report.mock.calls[0]?.[0]).toContain("differs from its reference on 'molrl-webgpu'");
  });

  test.each([
    ['return outside + x', "'outside', which is not one of its parameters or variables"],
    ['return x | 0', "'|'"],
    ['return unknown(x)', 'a call of unknown with 1 arguments'],
    ['return Math.random()', 'Math.random()'],
    ['const f = (y) => y; return f(x)', 'a arrow function expression'],
    ['return [x][0]', 'a place of something else (rows are read as x[row][i])'],
    ["return 'text'", "the value 'text'"],
    ['let v = 1; return v = x', 'an assignment inside an expression'],
    ['const c = 1; c = 2; return x', "an assignment to the constant 'c'"],
    ['let v = 1; v = x > 0; return x', 'a number and a truth value in turn'],
    ['switch (x) { default: return 1 }', 'a switch statement'],
    ['for (const i of [1]) { x += i } return x', 'a for of statement'],
    ['return this.thread.x', 'a place of something else'],
  ])('%s is refused, and the reference runs', async (body, what) => {
    const op = defineKernel({
      ...{ name: `refused${names++}`, inputs: ['x'] },
      forward: new Function('x', body) as (x: number) => number, // a user's text
      reference: (x: tf.Tensor) => tf.mul(x, 2),
    });
    const error = await op.ready().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'TensorGpuError', code: 'option' });
    expect((error as Error).message).toContain(what);
    expect([...(await op(tf.tensor1d([1])).data())]).toEqual([2]);
    await device.finish(); // the device goes on
  });
});

test('a device that is opened anew compiles and checks again', async () => {
  const twice = defineKernel({
    name: 'twiceOnGpu',
    forward: (x) => x + x,
    reference: (x: tf.Tensor) => tf.mul(x, 2),
  });
  await twice.ready();
  device.dispose();
  device = await openDevice('webgpu');
  expect([...(await twice(tf.tensor1d([3])).data())]).toEqual([6]); // the reference, while it compiles
  await twice.ready();
  const before = device.counts();
  const y = twice(tf.tensor1d([4]));
  expect(device.counts().dispatches - before.dispatches).toBe(1);
  expect([...(await y.data())]).toEqual([8]);
});
