import type { TensorInfo } from '@tensorflow/tfjs-core';
import { reportFallBack } from '../../../fused/firstUseCheck.ts';
import { defineProgram, type Program } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';
import { LANES, REDUCE_LANES, sumRows } from './lanes.ts';
import { SHARES, sumShares } from './sumShares.ts';

/** Lanes of a narrow row, and workgroups of the check. */
const [NARROW, BLOCKS] = [16, 3];
const SIZE = BLOCKS * LANES;
/** Values from one of a lane's rows to the next. */
const STRIDE = 37;

/** Of each lane: the sum and the largest of its workgroup, and the sum of its row. */
const ofRows = defineProgram({
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
  const { extensions } = pipelines;
  pipelines.extensions = { ...extensions, subgroup: lanes };
  const why = await fault(backend).catch((error: Error) => error.message); // what a driver rejects with
  if (why === undefined) return;
  pipelines.extensions = extensions;
  reportFallBack(
    `openDevice: this GPU's subgroups of ${lanes} lanes cannot be used (${why}). Rows and few-row products are added up in workgroup memory from now on; please report the adapter.`,
  );
}

/** Of each lane: the sum of the row whose number its share has, of eight rows that eight lanes share; and that of one row. */
const ofShares = (rows: 1 | typeof SHARES) =>
  defineProgram({
    name: `check of subgroups, ${rows} rows`,
    reads: { x: 'f32' },
    writes: { shares: 'f32' },
    params: {},
    lanes: LANES,
    reductions: sumShares(rows),
    body: `
  let i = block * LANES + lane;
  var own: array<f32, ${rows}>;
  for (var k = 0u; k < ${rows}u; k++) { own[k] = x[(i + ${STRIDE}u * k) % ${SIZE}u]; }
  shares[i] = sumShares(&own, lane);`,
  });

const add = (a: number, b: number): number => Math.fround(a + b);

/** Of sizes so different that another order of additions shows. */
const values = Float32Array.from({ length: SIZE }, (_, k) => Math.sin(k + 1) * 10 ** (k % 5));

/** What the check runs, and what each output must be. */
const CHECKS: readonly { program: Program; expected: Record<string, () => Float32Array> }[] = [
  {
    program: ofRows,
    expected: {
      sums: () => joined(values, LANES, add),
      tops: () => joined(values, LANES, Math.max),
      rows: () => joined(values, NARROW, add),
    },
  },
  { program: ofShares(1), expected: { shares: () => joined(values, SHARES, add) } },
  { program: ofShares(SHARES), expected: { shares: sharedRows } },
];

async function fault(backend: WebGpuBackend): Promise<string | undefined> {
  const programs = CHECKS.map(({ program }) => program);
  await backend.gpu.pipelines.ahead(programs, () => undefined);
  const x = backend.makeTensorInfo([SIZE], 'float32', values);
  const faults = await Promise.all(CHECKS.map((check) => faultOf(backend, x, check)));
  backend.disposeData(x.dataId);
  return faults.find((found) => found !== undefined);
}

async function faultOf(
  backend: WebGpuBackend,
  x: TensorInfo,
  { program, expected }: (typeof CHECKS)[number],
): Promise<string | undefined> {
  const names = Object.keys(expected);
  const outputs = Object.fromEntries(names.map((name) => [name, backend.output([SIZE])]));
  backend.run(program, { tensors: { x, ...outputs }, params: {}, blocks: BLOCKS });
  const reading = Promise.all(names.map((name) => backend.read(outputs[name]!.dataId)));
  for (const { dataId } of Object.values(outputs)) backend.disposeData(dataId);
  const got = (await reading) as Float32Array[]; // outputs are float32
  for (const [k, name] of names.entries()) {
    const wanted = expected[name]!();
    const lane = wanted.findIndex((value, i) => value !== got[k]![i]);
    if (lane >= 0) return `${name}: lane ${lane} has ${got[k]![lane]} instead of ${wanted[lane]}`;
  }
  return undefined;
}

/** Of each lane the row of its share. */
function sharedRows(): Float32Array {
  const rows = Array.from({ length: SHARES }, (_, k) => {
    const own = values.map((_, i) => values[(i + STRIDE * k) % SIZE]!);
    return joined(own, SHARES, add);
  });
  return values.map((_, i) => rows[i % SHARES]![i]!);
}

/** What joins each row by halves, at each of its places. */
function joined(
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
