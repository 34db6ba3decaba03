import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { defineProgram, programFamily, type WordType } from '../engine/program.ts';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import { AXES, collapsedStrides, dimensionParams, PLACES } from './places.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';

/** WGSL's type of a tensor's elements. */
export const WORDS: Record<string, WordType> = { float32: 'f32', int32: 'i32', bool: 'i32' };

/** Expressions of `v`, f32. */
const UNARY: Record<string, string> = {
  Abs: 'abs(v)',
  Ceil: 'ceil(v)',
  Cos: 'cos(v)',
  Elu: 'select(expm1(v), v, v >= 0)',
  Exp: 'exp(v)',
  Expm1: 'expm1(v)',
  Floor: 'floor(v)',
  IsNan: 'select(0, 1, isNan(v))',
  Log: 'log(v)',
  Log1p: 'log1p(v)',
  Neg: '-v',
  Reciprocal: '1 / v',
  Relu: 'select(v, 0, v < 0)',
  Round: 'round(v)',
  Rsqrt: '1 / sqrt(v)',
  Sigmoid: '1 / (1 + exp(-v))',
  Sign: 'sign(v)',
  Sin: 'sin(v)',
  Softplus: 'max(v, 0) + log1p(exp(-abs(v)))',
  Sqrt: 'sqrt(v)',
  Square: 'v * v',
  Tanh: 'tanh(clamp(v, -20, 20))',
};

/** The same on whole numbers, where they have one. */
const UNARY_WHOLE: Record<string, string> = {
  Abs: 'abs(v)',
  LogicalNot: '1 - v',
  Neg: '-v',
  Sign: 'sign(v)',
  Square: 'v * v',
};

/** WGSL's own lose small arguments: log(1 + 1e-8) is 0. NaN is told by its bits: a compiler may take `v != v` for false. */
const FUNCTIONS = `
fn isNan(v: f32) -> bool { return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u; }
fn log1p(v: f32) -> f32 {
  let u = 1 + v;
  return select(log(u) * (v / (u - 1)), v, u == 1);
}
fn expm1(v: f32) -> f32 {
  let u = exp(v);
  if (u == 1) { return v; }
  if (u - 1 == -1 || abs(v) > 40) { return u - 1; }
  return (u - 1) * (v / log(u));
}
fn power(a: f32, b: f32) -> f32 {
  if (b == 0) { return 1; }
  if (a == 0) { return select(0, 1 / a, b < 0); }
  if (a > 0) { return pow(a, b); }
  let odd = abs(b) % 2 == 1;
  return select(bitcast<f32>(0x7fc00000u + params.zero), select(1.0, -1.0, odd) * pow(-a, b), floor(b) == b);
}`;

const unaryProgram = programFamily((key: string) => {
  const [name = '', type = 'f32'] = key.split(' ') as [string, WordType];
  const expression = (type === 'f32' ? UNARY : UNARY_WHOLE)[name]!; // asked for below
  return defineProgram({
    name: `unary ${key}`,
    reads: { x: type },
    writes: { y: name === 'IsNan' ? 'i32' : type },
    params: { size: 'u32', zero: 'u32' },
    declarations: FUNCTIONS,
    body: `
  let i = block * LANES + lane;
  if (i < params.size) { let v = x[i]; y[i] = ${expression}; }`,
  });
});

/** tfjs's functions of one number. */
export const unaryKernels: TfjsGpuKernel[] = [
  ...new Set([...Object.keys(UNARY), 'LogicalNot']),
].map((name) => ({
  name,
  run: ({ backend, inputs }) => {
    const x = inputs.x!;
    const type = UNARY_WHOLE[name] && x.dtype !== 'float32' ? 'i32' : 'f32';
    const size = util.sizeFromShape(x.shape);
    const y = backend.output(x.shape, name === 'IsNan' ? 'bool' : (x.dtype as GpuDtype)); // what its own tensors have
    backend.run(unaryProgram(`${name} ${type}`), {
      tensors: { x, y },
      params: { size, zero: 0 },
      blocks: Math.ceil(size / 256),
    });
    return y;
  },
}));

/** Expressions of `u` and `v`. */
const ARITHMETIC: Record<string, string> = {
  Add: 'u + v',
  Maximum: 'max(u, v)',
  Minimum: 'min(u, v)',
  Multiply: 'u * v',
  SquaredDifference: '(u - v) * (u - v)',
  Sub: 'u - v',
};
const FLOAT_ONLY: Record<string, string> = {
  FloorDiv: 'floor(u / v)',
  Mod: 'u - floor(u / v) * v',
  Pow: 'power(u, v)',
  Prelu: 'select(u, u * v, u < 0)',
  RealDiv: 'u / v',
};
const WHOLE_ONLY: Record<string, string> = {
  FloorDiv: 'i32(floor(f32(u) / f32(v)))',
  LogicalAnd: 'u & v',
  LogicalOr: 'u | v',
};
const COMPARISONS: Record<string, string> = {
  Equal: 'u == v',
  Greater: 'u > v',
  GreaterEqual: 'u >= v',
  Less: 'u < v',
  LessEqual: 'u <= v',
  NotEqual: 'u != v',
};

const binaryProgram = programFamily((key: string) => {
  const [name = '', type = 'f32', layout] = key.split(' ') as [string, WordType, string];
  const compared = COMPARISONS[name];
  const expression =
    compared === undefined
      ? (ARITHMETIC[name] ?? (type === 'f32' ? FLOAT_ONLY : WHOLE_ONLY)[name]!) // asked for below
      : `select(0, 1, ${compared})`;
  const isPlain = layout === 'plain';
  return defineProgram({
    name: `binary ${key}`,
    reads: { a: type, b: type },
    writes: { y: compared === undefined ? type : 'i32' },
    params: { size: 'u32', zero: 'u32', ...(!isPlain && dimensionParams(['a', 'b'])) },
    declarations: FUNCTIONS + (isPlain ? '' : PLACES),
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    ${isPlain ? 'let p = i; let q = i;' : `let c = places(i); let p = ${AXES.map((k) => `c[${k}] * params.a${k}`).join(' + ')}; let q = ${AXES.map((k) => `c[${k}] * params.b${k}`).join(' + ')};`}
    let u = a[p];
    let v = b[q];
    y[i] = ${expression};
  }`,
  });
});

/** tfjs's functions of two numbers, with its broadcasts. */
export const binaryKernels: TfjsGpuKernel[] = [
  ...new Set(
    [ARITHMETIC, FLOAT_ONLY, WHOLE_ONLY, COMPARISONS].flatMap((table) => Object.keys(table)),
  ),
].map((name) => ({
  name,
  run: ({ backend, inputs }) => {
    const { a, b, x, alpha } = inputs;
    return binary(name, [(a ?? x)!, (b ?? alpha)!], backend);
  },
}));

/** `y = op(a, b)`. */
export function binary(
  name: string,
  [a, b]: readonly [TensorInfo, TensorInfo],
  backend: Parameters<TfjsGpuKernel['run']>[0]['backend'],
): TensorInfo {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const size = util.sizeFromShape(shape);
  const type = WORDS[a.dtype] ?? 'f32';
  const y = backend.output(shape, name in COMPARISONS ? 'bool' : (a.dtype as GpuDtype)); // what its own tensors have
  const isPlain = String(a.shape) === String(b.shape);
  const layout = isPlain ? 'plain' : 'broadcast';
  backend.run(binaryProgram(`${name} ${type} ${layout}`), {
    tensors: { a, b, y },
    params: {
      ...{ size, zero: 0 },
      ...(!isPlain && collapsedStrides(shape, { a: a.shape, b: b.shape })),
    },
    blocks: Math.ceil(size / 256),
  });
  return y;
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
