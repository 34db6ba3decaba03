import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type CpuDevice, openCpu } from '../index.ts';
import { attention } from '../ops/attention.ts';
import { linear } from '../ops/linear.ts';
import { adamw } from '../optim/adamw.ts';
import { record } from '../tape/record.ts';
import { storedTensor } from '../weights/storedTensor.ts';
import { formatProfile } from './formatProfile.ts';
import { profile } from './profile.ts';

test('throws `backend` without a device', async () => {
  await expect(profile(() => 1)).rejects.toThrow(expect.objectContaining({ code: 'backend' }));
});

describe('profile', () => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openCpu({ kernels: 'wasm', threads: 1 });
  });
  afterAll(() => device.dispose());

  const [B, T, H, N] = [2, 8, 16, 24];
  const step = () => {
    const [x, w] = [tf.ones([B, T, H]), tf.ones([N, H])];
    const { value, tape } = record(() => linear(x, w));
    tf.dispose([x, w, value, tape.backward([[value, tf.ones([B, T, N])]], { x, w })]);
  };

  test('counts commands, arithmetic and bytes by op and kernel; the parts add up', async () => {
    step(); // the first use checks itself
    const { rows, seconds, dispatchSeconds } = await profile(() => {
      step();
      step();
    });
    const products = rows.filter(({ kernel }) => kernel === 'gemm');
    const floats = B * T * H + N * H + B * T * N;
    expect(products.map(({ op, calls, flops, bytes }) => ({ op, calls, flops, bytes }))).toEqual(
      expect.arrayContaining([
        { op: 'linear', calls: 2, flops: 4 * B * T * H * N, bytes: 8 * floats },
        { op: 'linearGradient', calls: 4, flops: 8 * B * T * H * N, bytes: 16 * floats },
      ]),
    );
    const inRows = rows.reduce((sum, row) => sum + row.seconds, 0);
    expect(inRows + dispatchSeconds).toBeCloseTo(seconds, 9);
    expect(rows.every((row, i) => i === 0 || row.seconds <= rows[i - 1]!.seconds)).toBe(true);
  });

  test('a frozen matrix counts as it is stored', async () => {
    const x = tf.ones([B, T, H]);
    const weight = storedTensor(new Uint16Array(N * H), { shape: [N, H], dtype: 'bf16' });
    linear(x, weight).dispose(); // the first use checks itself
    const { rows } = await profile(() => linear(x, weight).dispose());
    const bytes = 4 * (B * T * H + B * T * N) + 2 * N * H;
    expect(rows.find(({ kernel }) => kernel === 'gemm')).toMatchObject({ calls: 1, bytes });
    tf.dispose(x);
    weight.dispose();
  });

  test('a causal mask halves the products of attention', async () => {
    const q = tf.ones([1, 64, 2, 4]);
    const ids = tf.zeros([1, 64], 'int32');
    const flopsOf = async (causal: boolean) => {
      const { rows } = await profile(() => attention(q, q, q, ids, { causal }).dispose());
      return rows.find(({ op }) => op === 'attention')!.flops;
    };
    attention(q, q, q, ids).dispose(); // the first use checks itself
    expect(await flopsOf(false)).toBe(2 * 2 * 2 * 64 * 64 * 4);
    expect((await flopsOf(true)) / (await flopsOf(false))).toBe(65 / 128);
  });

  test('the share is that of the slower limit', async () => {
    const limit = { gflops: 1e-3, gbPerSecond: 1e6 }; // arithmetic decides: a million operations a second
    const { rows } = await profile(step, { limit });
    const { flops, seconds, share } = rows.find(({ kernel }) => kernel === 'gemm')!;
    expect(share).toBeCloseTo(flops / 1e6 / seconds, 6);
  });

  test('where the clock is too coarse for a command it has no rate and no share', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1);
    const measured = await profile(step, { limit: { gflops: 1, gbPerSecond: 1 } });
    clock.mockRestore();
    expect(measured.rows.length).toBeGreaterThan(0);
    for (const row of measured.rows) expect(row).toMatchObject({ seconds: 0, share: undefined });
  });

  test('programs are seen command by command, and hand back what the function returned', async () => {
    const w = tf.variable(tf.ones([4]));
    const optimizer = adamw({ w }, { learningRate: 0.1 });
    const { result, rows } = await profile(() => optimizer.step({ w: tf.ones([4]) }));
    expect(result.gradNorm).toBe(2);
    expect(rows.map(({ op, kernel }) => `${op} ${kernel}`)).toEqual(
      expect.arrayContaining(['(program) adamwNorm', '(program) adamwUpdate']),
    );
    optimizer.dispose();
  });

  test('ends with an error too, and refuses a second one meanwhile', async () => {
    const failing = profile(async () => {
      await expect(profile(step)).rejects.toThrow(/another profile is running/);
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    expect((await profile(step)).rows.length).toBeGreaterThan(0);
    await expect(profile(step, { limits: {} } as never)).rejects.toThrow(/unknown option 'limits'/);
  });

  test('is printed with a line for JavaScript and one for all', async () => {
    const text = formatProfile({
      ...{ result: undefined, seconds: 0.004, dispatchSeconds: 0.001 },
      rows: [
        {
          ...{ op: 'linear', kernel: 'gemm', calls: 3, seconds: 0.003 },
          ...{ flops: 6e6, bytes: 3e6, share: 0.25 },
        },
        {
          ...{ op: 'Neg', kernel: 'unary', calls: 1, seconds: 0 }, // a coarse clock
          ...{ flops: 0, bytes: 32, share: undefined },
        },
      ],
    });
    expect(text).toMatchInlineSnapshot(`
      "op                         kernel                         calls        ms       %    GFLOP/s     GB/s   share
      linear                     gemm                               3     3.000    75.0        2.0      1.0    0.25
      Neg                        unary                              1     0.000     0.0
      JavaScript                                                          1.000    25.0
      all                                                                 4.000   100.0"
    `);
  });
});
