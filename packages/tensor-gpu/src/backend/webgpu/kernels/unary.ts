import { type NamedAttrMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../../../base/errors.ts';
import { defineProgram, programFamily } from '../engine/program.ts';
import type { GpuDtype } from '../engine/webGpuBackend.ts';
import type { TfjsGpuKernel } from './tfjsGpuKernel.ts';
import { ANGLES, FUNCTIONS } from './wgslFunctions.ts';
import { runElements } from './windows.ts';

/** Expressions of `v`, f32; `p` and `q` are the numbers of ATTRIBUTES. */
export const UNARY: Record<string, string> = {
  Abs: 'abs(v)',
  Acos: '2 * arcTangent2(sqrt(1 - v), sqrt(1 + v))',
  Acosh: 'log(v + sqrt(v - 1) * sqrt(v + 1))',
  Asin: 'arcTangent2(v, sqrt((1 - v) * (1 + v)))',
  Asinh: 'sign(v) * log1p(abs(v) + v * v / (1 + sqrt(v * v + 1)))',
  Atan: 'arcTangent(v)',
  Atanh: '0.5 * log1p(2 * v / (1 - v))',
  Ceil: 'ceil(v)',
  ClipByValue: 'select(clamp(v, p, q), v, isNan(v))',
  Cos: 'cosine(v)',
  Cosh: '0.5 * (exp(v) + exp(-v))',
  Elu: 'select(expm1(v), v, v >= 0)',
  Erf: 'erf(v)',
  Exp: 'select(exp(v), v, isNan(v))',
  Expm1: 'expm1(v)',
  Floor: 'floor(v)',
  IsFinite: 'select(0, 1, (bitcast<u32>(v) & 0x7fffffffu) < 0x7f800000u)',
  IsInf: 'select(0, 1, (bitcast<u32>(v) & 0x7fffffffu) == 0x7f800000u)',
  IsNan: 'select(0, 1, isNan(v))',
  LeakyRelu: 'select(v, p * v, v < 0)',
  Log: 'logarithm(v)',
  Log1p: 'log1p(v)',
  Neg: '-v',
  Reciprocal: '1 / v',
  Relu: 'select(v, 0, v < 0)',
  Relu6: 'select(clamp(v, 0, 6), v, isNan(v))',
  Round: 'round(v)',
  Rsqrt: '1 / sqrt(v)',
  // tfjs's own numbers, as the paper has them
  Selu: '1.0507009873554805 * select(1.6732632423543772 * expm1(v), v, v >= 0)',
  Sigmoid: '1 / (1 + exp(-v))',
  Sign: 'select(sign(v), v, isNan(v))',
  Sin: 'sine(v)',
  Sinh: 'sign(v) * 0.5 * (expm1(abs(v)) + expm1(abs(v)) / (expm1(abs(v)) + 1))',
  Softplus: 'max(v, 0) + log1p(exp(-abs(v)))',
  Sqrt: 'sqrt(v)',
  Square: 'v * v',
  Step: 'select(select(p, 1, v > 0), v, isNan(v))',
  Tan: 'sine(v) / cosine(v)',
  Tanh: 'hyperbolicTangent(v)',
};

/** The same on whole numbers, where they have one. */
const UNARY_WHOLE: Record<string, string> = {
  Abs: 'abs(v)',
  Ceil: 'v',
  Floor: 'v',
  IsFinite: '1',
  IsInf: '0',
  IsNan: '0',
  LogicalNot: '1 - v',
  Neg: '-v',
  Relu: 'max(v, 0)',
  Round: 'v',
  Sign: 'sign(v)',
  Square: 'v * v',
};

/** Functions whose result is a boolean. */
const ASKS: readonly string[] = ['IsFinite', 'IsInf', 'IsNan'];

/** Functions of angles. */
const TURNING: readonly string[] = ['Acos', 'Asin', 'Atan', 'Cos', 'Sin', 'Tan'];

/** Numbers that tfjs hands to the function. */
const ATTRIBUTES: Record<string, readonly string[]> = {
  ClipByValue: ['clipValueMin', 'clipValueMax'],
  LeakyRelu: ['alpha'],
  Step: ['alpha'],
};

/** WGSL. @see Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most */
const ERF = `
fn erf(v: f32) -> f32 {
  let t = 1 / (1 + 0.3275911 * abs(v));
  let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(v) * (1 - tail * exp(-v * v));
}`;

const unaryProgram = programFamily((key: string) => {
  const [name = '', kind] = key.split(' ');
  const isWhole = kind === 'whole';
  const type = isWhole ? 'i32' : 'f32';
  const expression = (isWhole ? UNARY_WHOLE : UNARY)[name]!; // asked for below
  return defineProgram({
    name: `unary ${key}`,
    reads: { x: type },
    writes: { y: ASKS.includes(name) ? 'i32' : type },
    params: { size: 'u32', p: 'f32', q: 'f32' },
    declarations: FUNCTIONS + (TURNING.includes(name) ? ANGLES : '') + (name === 'Erf' ? ERF : ''),
    body: `
  let i = block * LANES + lane;
  if (i < params.size) {
    let v = x[i];
    let p = params.p;
    let q = params.q;
    y[i] = ${expression};
  }`,
  });
});

/** tfjs's functions of one number. */
export const unaryKernels: TfjsGpuKernel[] = [
  ...new Set([...Object.keys(UNARY), ...Object.keys(UNARY_WHOLE)]),
].map((name) => ({
  name,
  run: ({ backend, inputs, attrs }) => {
    const x = inputs.x!;
    const size = util.sizeFromShape(x.shape);
    const y = backend.output(x.shape, ASKS.includes(name) ? 'bool' : (x.dtype as GpuDtype)); // what its own tensors have
    runElements(backend, unaryProgram(`${name} ${kindOf(name, x)}`), {
      ...{ tensors: { x, y }, params: numbersOf(name, attrs), size },
    });
    return y;
  },
}));

function kindOf(name: string, { dtype }: TensorInfo): 'real' | 'whole' {
  const kind = dtype === 'float32' ? 'real' : 'whole';
  if (name in (kind === 'real' ? UNARY : UNARY_WHOLE)) return kind;
  const other = kind === 'real' ? 'bool' : 'float32';
  throw new TensorGpuError(
    'dtype',
    `webgpu: ${name} takes ${other} here, got ${dtype}. Cast it: cast(x, '${other}').`,
  );
}

function numbersOf(name: string, attrs: NamedAttrMap): { p: number; q: number } {
  const [p = 0, q = 0] = (ATTRIBUTES[name] ?? []).map((attribute) => attrs[attribute] as number); // numbers of these ops
  return { p, q };
}
