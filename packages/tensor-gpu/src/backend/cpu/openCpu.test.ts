import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { linear } from '../../ops/linear.ts';
import { testedKernels } from '../testedKernels.ts';
import type { CpuDevice } from './cpuDevice.ts';
import { openCpu } from './openCpu.ts';

let device: CpuDevice | undefined;
afterEach(() => {
  device?.dispose();
  device = undefined;
  vi.unstubAllEnvs();
});

/** Loads the package as one file: a process starts in a third of the time. */
const FAST = [
  ...['--conditions=@molrl/source', '--import'],
  new URL('../../../../../scripts/load.mjs', import.meta.url).href,
];

describe('openCpu', () => {
  test('makes molrl the current back end, and takes it away again', async () => {
    device = await openCpu({ threads: 2, kernels: 'wasm' });
    expect(tf.getBackend()).toBe('molrl');
    expect(device).toMatchObject({ kind: 'wasm', threads: 2 });
    expect([...linear(tf.ones([1, 2]), tf.ones([3, 2])).dataSync()]).toEqual([2, 2, 2]);
    device.dispose();
    device.dispose();
    expect(tf.findBackend('molrl')).toBeNull();
  });

  test('registers the gradients that tfjs-core leaves out', async () => {
    device = await openCpu({ threads: 1 });
    const [gradient] = tf.grads((x) => tf.sum(tf.square(x)))([tf.tensor1d([1, 2])]);
    expect([...(gradient?.dataSync() ?? [])]).toEqual([2, 4]);
  });

  test('leaves nothing behind after a hundred training steps', async () => {
    device = await openCpu({ threads: 2 });
    const w = tf.variable(tf.ones([40, 30]));
    const step = (): void =>
      tf.tidy(() => {
        const loss = () => tf.mean(tf.square(linear(tf.ones([20, 30]), w))) as tf.Scalar;
        const { grads } = tf.variableGrads(loss, [w]);
        w.assign(tf.sub(w, Object.values(grads)[0] ?? 0));
      });
    step();
    const usage = () => ({ ...device?.memory(), peak: 0, tensors: tf.memory().numTensors });
    const before = usage();
    for (let i = 0; i < 100; i++) step();
    expect(usage()).toEqual(before);
    w.dispose();
  });

  test('throws `out-of-memory` naming the figures, and goes on working', async () => {
    device = await openCpu({ threads: 1, maxBytes: 32 << 20 });
    const w = tf.variable(tf.zeros([1200]));
    expect(() => tf.ones([4000, 4000])).toThrow(
      /no room for a block of 64000000 bytes \(tensors\): .*\(.*tensors 5120, of which 4800 in 1 variables.*\).* a block of \d+ would fit. Use a smaller batch/,
    );
    expect(tf.ones([4]).dataSync()[3]).toBe(1);
    w.dispose();
  });

  test('lets the environment decide what the caller leaves open', async () => {
    vi.stubEnv('MOLRL_KERNELS', 'wasm');
    vi.stubEnv('MOLRL_THREADS', '1');
    device = await openCpu();
    expect(device).toMatchObject({ kind: 'wasm', threads: 1 });
    device.dispose();
    device = undefined;
    if (!testedKernels.includes('native')) return;
    device = await openCpu({ threads: 2, kernels: 'native' });
    expect(device).toMatchObject({ kind: 'native', threads: 2 });
  });

  test('throws `option` for a bad environment, `backend` for a second device', async () => {
    vi.stubEnv('MOLRL_KERNELS', 'fast');
    await expect(openCpu()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[TensorGpuError: openCpu: MOLRL_KERNELS must be auto, native or wasm, got 'fast'.]`,
    );
    vi.stubEnv('MOLRL_KERNELS', '');
    vi.stubEnv('MOLRL_THREADS', 'many');
    await expect(openCpu()).rejects.toMatchObject({ code: 'option' });
    vi.unstubAllEnvs();
    device = await openCpu({ threads: 1 });
    await expect(openCpu()).rejects.toMatchObject({ code: 'backend' });
  });

  test('does not keep the process alive: workers end with it, also without dispose', () => {
    const program = `
      import { createRuntime } from ${JSON.stringify(new URL('./engine/runtime.ts', import.meta.url).href)};
      const cpu = createRuntime({ threads: 3 });
      const y = cpu.heap.alloc(1 << 20);
      for (let i = 0; i < 100; i++) cpu.run('fill', 4, { y, size: 200000, value: 0 });
      console.log('done');`;
    const run = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program],
      {
        encoding: 'utf8',
        timeout: 30_000,
      },
    );
    expect({ status: run.status, stdout: run.stdout.trim(), stderr: run.stderr }).toEqual({
      status: 0,
      stdout: 'done',
      stderr: '',
    });
  });

  test.each(
    testedKernels.flatMap((kernels) =>
      ['at once', 'later', 'after work', 'after dispose'].map((when) => [kernels, when]),
    ),
  )('then process.exit() %s kernels, %s: never aborts', async (kernels, when) => {
    const program = `
      import { openCpu } from '@molrl/tensor-gpu';
      import { matMul, ones } from '@tensorflow/tfjs-core';
      const device = await openCpu({ threads: 6, kernels: '${kernels}' });
      if ('${when}' === 'after work') for (let i = 0; i < 9; i++) matMul(ones([90, 90]), ones([90, 90]));
      if ('${when}' === 'after dispose') device.dispose();
      if ('${when}' === 'later') setTimeout(() => process.exit(3), 3);
      else process.exit(3);`;
    const runs = Array.from(
      { length: 3 },
      () =>
        new Promise((resolve) => {
          const child = spawn(process.execPath, [...FAST, '--input-type=module', '-e', program], {
            cwd: fileURLToPath(new URL('.', import.meta.url)),
          });
          child.on('close', (code, signal) => resolve(signal ?? code));
        }),
    );
    expect(await Promise.all(runs)).toEqual([3, 3, 3]);
  });
});
