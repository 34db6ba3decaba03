import { defineProgram, type Program, programFamily, type WordType } from '../engine/program.ts';
import { REDUCE_LANES } from './lanes.ts';

/** Elements of a parameter that one workgroup works on. */
export const CHUNK = 4096;
/** Gradients of one dispatch of norms, and parameters of one update: eight buffers are bound anywhere. */
export const NORM_MEMBERS = 7;
export const UPDATE_MEMBERS = 3;

const names = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, k) => `${name}${k}`);

const typed = (keys: readonly string[], type: WordType): Record<string, WordType> =>
  Object.fromEntries(keys.map((key) => [key, type]));

/** WGSL: `text` of the member that this workgroup belongs to. */
function ofMember(count: number, text: (k: number) => string): string {
  return names('', count)
    .map(
      (_, k) =>
        `if (block >= params.start${k}${k + 1 < count ? ` && block < params.start${k + 1}` : ''}) {${text(k)}}`,
    )
    .join('\n');
}

/** Sums of squares of the chunks of some gradients. */
export const normProgram: (count: number) => Program = programFamily((count: number) =>
  defineProgram({
    name: `adamwNorm ${count}`,
    reads: typed(names('g', count), 'f32'),
    writes: { partial: 'f32' },
    params: {
      ...typed(names('size', count), 'u32'),
      ...typed(names('start', count), 'u32'),
      first: 'u32',
    },
    reductions: REDUCE_LANES,
    body: `
  var squares = 0.0;
  ${ofMember(
    count,
    (k) => `
    let begin = (block - params.start${k}) * ${CHUNK}u;
    let end = min(params.size${k}, begin + ${CHUNK}u);
    for (var i = begin + lane; i < end; i += LANES) { squares += g${k}[i] * g${k}[i]; }`,
  )}
  let sum = sumLanes(squares, lane);
  if (lane == 0u) { partial[params.first + block] = sum; }`,
  }),
);

/** From sums of chunks to those of parameters. */
export const totalsProgram: Program = defineProgram({
  name: 'adamwTotals',
  reads: { partial: 'f32', starts: 'i32' },
  writes: { squares: 'f32' },
  params: {},
  lanes: 64,
  reductions: REDUCE_LANES,
  body: `
  var all = 0.0;
  for (var i = u32(starts[block]) + lane; i < u32(starts[block + 1u]); i += LANES) { all += partial[i]; }
  let sum = sumLanes(all, lane);
  if (lane == 0u) { squares[block] = sum; }`,
});

/** The factor that brings the gradients down to `maxGradNorm`, and whether all of them are finite. */
export const clipProgram: Program = defineProgram({
  name: 'adamwClip',
  reads: { squares: 'f32' },
  writes: { clip: 'f32' },
  params: { count: 'u32', maxGradNorm: 'f32' },
  lanes: 64,
  reductions: REDUCE_LANES,
  body: `
  var all = 0.0;
  for (var i = lane; i < params.count; i += LANES) { all += squares[i]; }
  let total = sumLanes(all, lane);
  if (lane == 0u) {
    let isFinite = (bitcast<u32>(total) & 0x7fffffffu) < 0x7f800000u;
    let norm = sqrt(total) + 1e-6;
    // no quotient that overflows: shaders may take infinity for anything
    if (norm > params.maxGradNorm) { clip[0] = params.maxGradNorm / norm; } else { clip[0] = 1; }
    clip[1] = select(0.0, 1.0, isFinite);
  }`,
});

/** Moments and parameters; nothing is changed where a gradient is not finite. */
export const updateProgram: (count: number) => Program = programFamily((count: number) =>
  defineProgram({
    name: `adamwUpdate ${count}`,
    reads: { ...typed(names('g', count), 'f32'), clip: 'f32' },
    writes: { ...typed(names('w', count), 'f32'), moments: 'f32' },
    params: {
      ...typed(names('size', count), 'u32'),
      ...typed(names('start', count), 'u32'),
      ...typed(
        ['keep', 'grow', 'keepSquare', 'growSquare', 'stepSize', 'inverseRootBias2', 'eps'],
        'f32',
      ),
    },
    body: `
  if (clip[1] != 0) {
    ${ofMember(
      count,
      (k) => `
      let begin = (block - params.start${k}) * ${CHUNK}u;
      let end = min(params.size${k}, begin + ${CHUNK}u);
      let mean = 2u * (${['0u', ...names('params.size', k)].join(' + ')});
      let square = mean + params.size${k};
      for (var i = begin + lane; i < end; i += LANES) {
        let g = g${k}[i] * clip[0];
        let m = moments[mean + i] + params.grow * (g - moments[mean + i]);
        let v = params.keepSquare * moments[square + i] + params.growSquare * g * g;
        moments[mean + i] = m;
        moments[square + i] = v;
        w${k}[i] = w${k}[i] * params.keep - params.stepSize * m / (sqrt(v) * params.inverseRootBias2 + params.eps);
      }`,
    )}
  }`,
  }),
);
