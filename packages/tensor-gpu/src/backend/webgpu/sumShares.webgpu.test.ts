import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDevice } from '../../devices/openDevice.ts';
import { defineProgram } from './engine/program.ts';
import type { WebGpuBackend } from './engine/webGpuBackend.ts';
import { LANES } from './kernels/lanes.ts';
import { SHARES, sumShares } from './kernels/sumShares.ts';
import type { WebGpuDevice } from './openWebGpu.ts';

let device: WebGpuDevice;
beforeAll(async () => {
  device = await openDevice('webgpu', { subgroups: false });
});
afterAll(() => device.dispose());

/** A shuffle by way of workgroup memory: subgroups of any size, on a device that has small ones only. */
const SHUFFLED = `
var<workgroup> shuffledParts: array<f32, LANES>;
fn shuffled(value: f32, half: u32, lane: u32) -> f32 {
  shuffledParts[lane] = value;
  workgroupBarrier();
  let other = shuffledParts[lane ^ half];
  workgroupBarrier();
  return other;
}`;

const programOf = (rows: 1 | 8, subgroup: number) =>
  defineProgram({
    name: `shares of ${rows} rows, ${subgroup}`,
    reads: { x: 'f32' },
    writes: { y: 'f32' },
    params: {},
    lanes: LANES,
    reductions: () =>
      SHUFFLED +
      sumShares(rows)(subgroup, LANES).replaceAll(
        /subgroupShuffleXor\((\w+), (\w+)\)/g,
        'shuffled($1, $2, lane)',
      ),
    body: `
  var own: array<f32, ${rows}>;
  for (var k = 0u; k < ${rows}u; k++) { own[k] = x[lane * ${rows}u + k]; }
  y[lane] = sumShares(&own, lane);`,
  });

const add = (a: number, b: number) => Math.fround(a + b);

test.each(
  ([1, 8] as const).flatMap((rows) =>
    [1, 2, 4, 8, 16, 64].map((subgroup) => [rows, subgroup] as const),
  ),
)(
  '%d rows that eight lanes share, in subgroups of %d: the formula, to the last bit',
  async (rows, subgroup) => {
    const values = Float32Array.from(
      { length: LANES * rows },
      (_, k) => Math.sin(k + 1) * 10 ** (k % 5),
    );
    const backend = tf.backend() as WebGpuBackend;
    const x = backend.makeTensorInfo([values.length], 'float32', values);
    const y = backend.output([LANES]);
    backend.run(programOf(rows, subgroup), { tensors: { x, y }, params: {}, blocks: 1 });
    const got = await backend.read(y.dataId);
    for (const { dataId } of [x, y]) backend.disposeData(dataId);
    const expected = Array.from({ length: LANES }, (_, lane) => {
      const first = lane - (lane % SHARES);
      const row = rows === 1 ? 0 : lane % SHARES;
      const p = Array.from({ length: SHARES }, (_, share) => values[(first + share) * rows + row]!);
      const even = add(add(p[0]!, p[4]!), add(p[2]!, p[6]!));
      return add(even, add(add(p[1]!, p[5]!), add(p[3]!, p[7]!)));
    });
    expect([...(got as Float32Array)]).toEqual(expected); // y is float32
  },
);
