import { reportFallBack } from '../../../fused/firstUseCheck.ts';
import { defineProgram } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { LANES, REDUCE_LANES, sumRows } from './lanes.ts';

/** Lanes of a narrow row, and workgroups of the check. */
const [NARROW, BLOCKS] = [16, 3];

/** Of each lane: the sum and the largest of its workgroup, and the sum of its row. */
const reduced = defineProgram({
  name: 'check of subgroups',
  reads: { x: 'f32' },
  writes: { sums: 'f32', tops: 'f32', rows: 'f32' },
  params: {},
  lanes: LANES,
  reductions: (...sizes) => REDUCE_LANES(...sizes) + sumRows(NARROW)(...sizes),
  body: `
  let i = block * LANES + lane;
  sums[i] = sumLanes(x[i], lane);
  tops[i] = maxLanes(x[i], lane);
  rows[i] = sumRow(x[i], lane);`,
});

/**
 * Has programs use subgroups of so many lanes if what they give is right to the last bit: the values of every lane, in the order
 * of additions that workgroup memory has. Otherwise says so, once, and leaves them out.
 */
export async function useSubgroups(backend: WebGpuBackend, lanes: number): Promise<void> {
  const { pipelines } = backend.gpu;
  if (lanes === 1) return;
  pipelines.subgroup = lanes;
  const why = await fault(backend).catch((error: Error) => error.message); // what a driver rejects with
  if (why === undefined) return;
  pipelines.subgroup = 1;
  reportFallBack(
    `openDevice: this GPU's subgroups of ${lanes} lanes cannot be used (${why}). Rows are added up in workgroup memory from now on; please report the adapter.`,
  );
}

async function fault(backend: WebGpuBackend): Promise<string | undefined> {
  await backend.gpu.pipelines.ahead([reduced], () => undefined);
  const size = BLOCKS * LANES;
  // of sizes so different that another order of additions shows
  const values = Float32Array.from({ length: size }, (_, k) => Math.sin(k + 1) * 10 ** (k % 5));
  const x = backend.makeTensorInfo([size], 'float32', values);
  const [sums, tops, rows] = [0, 1, 2].map(() => backend.output([size]));
  const outputs = { sums: sums!, tops: tops!, rows: rows! };
  backend.run(reduced, { tensors: { x, ...outputs }, params: {}, blocks: BLOCKS });
  const expected = {
    sums: ofRows(values, LANES, (a, b) => Math.fround(a + b)),
    tops: ofRows(values, LANES, Math.max),
    rows: ofRows(values, NARROW, (a, b) => Math.fround(a + b)),
  };
  const names = Object.keys(expected) as (keyof typeof expected)[]; // its own keys
  const reading = Promise.all(names.map((name) => backend.read(outputs[name].dataId)));
  for (const { dataId } of [x, ...Object.values(outputs)]) backend.disposeData(dataId);
  const got = (await reading) as Float32Array[]; // outputs are float32
  for (const [k, name] of names.entries()) {
    const lane = expected[name].findIndex((value, i) => value !== got[k]![i]);
    if (lane >= 0)
      return `${name}: lane ${lane} has ${got[k]![lane]} instead of ${expected[name][lane]}`;
  }
  return undefined;
}

/** What joins each row by halves, at each of its places. */
function ofRows(
  values: Float32Array,
  width: number,
  join: (a: number, b: number) => number,
): Float32Array {
  const all = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.slice(start, start + width);
    for (let half = width / 2; half >= 1; half /= 2)
      for (let i = 0; i < half; i++) row[i] = join(row[i]!, row[i + half]!);
    all.fill(row[0]!, start, start + width);
  }
  return all;
}
