import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype, WebGpuBackend } from '../engine/webGpuBackend.ts';
import { AXES, collapsedStrides, dimensionParams, dimensions, PLACES } from './places.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { ANGLES, FUNCTIONS } from './wgslFunctions.ts';
import { runElements } from './windows.ts';
import { WORDS } from './words.ts';

/** Expressions of `u` and `v`. */
const ARITHMETIC: Record<string, string> = {
  Add: 'u + v',
  Multiply: 'u * v',
  SquaredDifference: '(u - v) * (u - v)',
  Sub: 'u - v',
};
const REAL: Record<string, string> = {
  ...ARITHMETIC,
  Atan2: 'arcTangent2(u, v)',
  EluGrad: 'select(u * (v + 1), u, v >= 0)',
  FloorDiv: 'i32(floorQuotient(u, v))', // tfjs's result is whole
  Maximum: 'select(max(u, v), u + v, isNan(u) || isNan(v))',
  Minimum: 'select(min(u, v), u + v, isNan(u) || isNan(v))',
  Mod: 'fma(-floorQuotient(u, v), v, u)',
  Pow: 'power(u, v)',
  Prelu: 'select(u, u * v, u < 0)',
  RealDiv: 'u / v',
};
const WHOLE: Record<string, string> = {
  ...ARITHMETIC,
  BitwiseAnd: 'u & v',
  FloorDiv: 'floorDivide(u, v)',
  LogicalAnd: 'u & v',
  LogicalOr: 'u | v',
  Maximum: 'max(u, v)',
  Minimum: 'min(u, v)',
  Mod: 'u - floorDivide(u, v) * v',
};
const COMPARISONS: Record<string, string> = {
  Equal: 'u == v',
  Greater: 'u > v',
  GreaterEqual: 'u >= v',
  Less: 'u < v',
  LessEqual: 'u <= v',
  NotEqual: 'u != v',
};

const OF_TWO = `
fn power(a: f32, b: f32) -> f32 {
  if (b == 0) { return 1; }
  if (a == 0) { return select(0, 1 / a, b < 0); }
  if (a > 0) { return pow(a, b); }
  let odd = abs(b) % 2 == 1;
  return select(bitcast<f32>(0x7fc00000u + params.zero), select(1.0, -1.0, odd) * pow(-a, b), floor(b) == b);
}
// a GPU's quotient may be off by 2.5 units of its last place: 6 / 3 may lie below 2
fn floorQuotient(a: f32, b: f32) -> f32 {
  let q = floor(a / b);
  let rest = fma(-q, b, a);
  if (rest != 0 && (rest < 0) != (b < 0)) { return q - 1; }
  return select(q, q + 1, abs(rest) >= abs(b));
}
fn floorDivide(a: i32, b: i32) -> i32 {
  let q = a / b;
  return select(q, q - 1, a % b != 0 && (a < 0) != (b < 0));
}`;

const binaryProgram = programFamily((key: string) => {
  const [name = '', type = 'f32', layout] = key.split(' ') as [string, WordType, string];
  const compared = COMPARISONS[name];
  const isPlain = layout === 'plain';
  return defineProgram({
    name: `binary ${key}`,
    reads: { a: type, b: type },
    writes: { y: dtypeOf(name) === undefined ? type : 'i32' },
    params: { size: 'u32', zero: 'u32', ...(!isPlain && dimensionParams(['a', 'b'])) },
    declarations: FUNCTIONS + (name === 'Atan2' ? ANGLES : '') + OF_TWO + (isPlain ? '' : PLACES),
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    ${isPlain ? 'let p = i; let q = i;' : `let c = places(i); let p = ${AXES.map((k) => `c[${k}] * params.a${k}`).join(' + ')}; let q = ${AXES.map((k) => `c[${k}] * params.b${k}`).join(' + ')};`}
    let u = a[p];
    let v = b[q];
    y[i] = ${compared === undefined ? tableOf(type)[name]! : `select(0, 1, ${compared})` /* asked for below */};
  }`,
  });
});

/** What a function gives, whatever it takes. */
const dtypeOf = (name: string): GpuDtype | undefined => {
  if (name in COMPARISONS) return 'bool';
  return name === 'FloorDiv' ? 'int32' : undefined;
};

const tableOf = (type: WordType): Record<string, string> => (type === 'f32' ? REAL : WHOLE);

/** tfjs's functions of two numbers, with its broadcasts. */
export const binaryKernels: TfjsGpuKernel[] = [
  ...new Set([REAL, WHOLE, COMPARISONS].flatMap((table) => Object.keys(table))),
].map((name) => ({
  name,
  run: ({ backend, inputs }) => {
    const { a, b, x, alpha, dy, y } = inputs;
    return binary(name, [(a ?? x ?? dy)!, (b ?? alpha ?? y)!], backend);
  },
}));

/** `y = op(a, b)`. */
export function binary(
  name: string,
  [a, b]: readonly [TensorInfo, TensorInfo],
  backend: WebGpuBackend,
): TensorInfo {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const size = util.sizeFromShape(shape);
  const type = commonWord(name, a, b);
  const y = backend.output(shape, dtypeOf(name) ?? (a.dtype as GpuDtype)); // what its own tensors have
  if (String(a.shape) === String(b.shape)) {
    const tensors = { a, b, y };
    const program = binaryProgram(`${name} ${type} plain`);
    runElements(backend, program, { tensors, params: { zero: 0 }, size });
    return y;
  }
  const program = binaryProgram(`${name} ${type} broadcast`);
  const [sizeA, sizeB] = [a, b].map((operand) => util.sizeFromShape(operand.shape));
  if (size > backend.mostElements && (sizeA === 1 || sizeB === 1)) {
    const [tensors, shared] = sizeA === 1 ? [{ b, y }, { a }] : [{ a, y }, { b }];
    const strides = { a: [sizeA === 1 ? 0 : 1], b: [sizeB === 1 ? 0 : 1] };
    const params = { zero: 0, ...dimensions([size], strides) };
    runElements(backend, program, { tensors, shared, params, size });
    return y;
  }
  backend.run(program, {
    tensors: { a, b, y },
    params: { size, zero: 0, ...collapsedStrides(shape, { a: a.shape, b: b.shape }) },
    blocks: Math.ceil(size / 256),
  });
  return y;
}

/** What both are made of, if the op takes that. */
function commonWord(name: string, a: TensorInfo, b: TensorInfo): WordType {
  const type = WORDS[a.dtype];
  const isKnown = name in COMPARISONS || (type !== undefined && name in tableOf(type));
  if (type !== undefined && type === WORDS[b.dtype] && isKnown) return type;
  const wanted = name in REAL || name in COMPARISONS ? 'float32' : 'int32';
  throw new TensorGpuError(
    'dtype',
    `webgpu: ${name} takes two ${wanted} here, got ${a.dtype} and ${b.dtype}. Cast them: cast(x, '${wanted}').`,
  );
}

/** `tf.addN`, a pair at a time. */
export const addNKernel: TfjsGpuKernel = {
  name: 'AddN',
  run: ({ backend, inputs }) => {
    const [first, ...rest] = Object.values(inputs) as TensorInfo[]; // tfjs refuses an empty list
    let sum = backend.alias(first!, first!.shape);
    for (const next of rest) {
      const more = binary('Add', [sum, next], backend);
      backend.disposeData(sum.dataId);
      sum = more;
    }
    return sum;
  },
};
