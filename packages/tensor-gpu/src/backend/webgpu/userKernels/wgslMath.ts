import { UNARY } from '../kernels/unary.ts';
import { ANGLES, FUNCTIONS } from '../kernels/wgslFunctions.ts';

/** Functions of `Math` of one number, by the op of tfjs that has the same expression. */
const OPS: Record<string, string> = {
  ...{ abs: 'Abs', acos: 'Acos', acosh: 'Acosh', asin: 'Asin', asinh: 'Asinh', atan: 'Atan' },
  ...{ atanh: 'Atanh', ceil: 'Ceil', cos: 'Cos', cosh: 'Cosh', exp: 'Exp', expm1: 'Expm1' },
  ...{ floor: 'Floor', sign: 'Sign', sin: 'Sin', sinh: 'Sinh' },
  ...{ sqrt: 'Sqrt', tan: 'Tan', tanh: 'Tanh' },
};

/** The same, in WGSL of `v`, for those that are no op. */
const OWN: Record<string, string> = {
  cbrt: 'select(sign(v) * power(abs(v), 1.0 / 3), v, v == 0)',
  fround: 'v',
  log: 'naturalLog(v)',
  log10: 'naturalLog(v) * 0.4342944819032518',
  log1p: 'select(select(log1p(v), -infinity(), v == -1), nan(), v < -1)',
  log2: 'naturalLog(v) * 1.4426950408889634',
  // of halves the upper one; v - floor(v) is exact, v + 0.5 is not
  round: 'floor(v) + select(0.0, 1.0, v - floor(v) >= 0.5)',
  trunc: 'trunc(v)',
};

/** Numbers of `Math`. */
export const MATH_NUMBERS: Readonly<Record<string, number>> = {
  ...{ E: Math.E, LN10: Math.LN10, LN2: Math.LN2, LOG10E: Math.LOG10E, LOG2E: Math.LOG2E },
  ...{ PI: Math.PI, SQRT1_2: Math.SQRT1_2, SQRT2: Math.SQRT2 },
};

/** WGSL's name of a function of one number, and its text; undefined if there is none. */
export function mathFunction(name: string): { name: string; text: string } | undefined {
  const expression = OWN[name] ?? UNARY[OPS[name] ?? ''];
  if (expression === undefined) return undefined;
  const own = `math_${name}`;
  // a compiler may make anything of NaN
  return {
    name: own,
    text: `fn ${own}(v: f32) -> f32 { return select(${expression}, v, isNan(v)); }`,
  };
}

/** WGSL: what JavaScript's operators are where WGSL's own leave NaN, negative bases or signs open. */
export const SEMANTICS: string = `${FUNCTIONS}${ANGLES}
fn infinity() -> f32 { return bitcast<f32>(0x7f800000u + params.blocks * 0u); }
fn nan() -> f32 { return bitcast<f32>(0x7fc00000u + params.blocks * 0u); }
fn isTrue(v: f32) -> bool { return v != 0 && !isNan(v); }
fn isFiniteNumber(v: f32) -> bool { return (bitcast<u32>(v) & 0x7fffffffu) < 0x7f800000u; }
fn isEqual(a: f32, b: f32) -> bool { return a == b && !isNan(a) && !isNan(b); }
fn isLess(a: f32, b: f32) -> bool { return a < b && !isNan(a) && !isNan(b); }
fn isAtMost(a: f32, b: f32) -> bool { return a <= b && !isNan(a) && !isNan(b); }
fn largest(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isNan(b)), a, isNan(a)); }
fn smallest(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, isNan(b)), a, isNan(a)); }
fn naturalLog(v: f32) -> f32 { return select(select(logarithm(v), -infinity(), v == 0), nan(), v < 0); }
fn indexOf(v: f32) -> i32 { return select(-1, i32(v), v == floor(v) && abs(v) < 2147483520.0); }
fn remainder(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b) || b == 0 || !isFiniteNumber(a)) { return nan(); }
  if (!isFiniteNumber(b)) { return a; }
  var rest = abs(a) - abs(b) * trunc(abs(a) / abs(b));
  if (rest < 0) { rest += abs(b); }
  if (rest >= abs(b)) { rest -= abs(b); }
  return select(rest, -rest, a < 0);
}
fn power(x: f32, y: f32) -> f32 {
  if (isNan(y)) { return y; }
  if (y == 0) { return 1; }
  if (isNan(x)) { return x; }
  let isWhole = y == floor(y);
  if (isWhole && abs(y) <= 64) {
    var product = 1.0;
    var factor = x;
    for (var n = u32(abs(y)); n > 0u; n >>= 1u) {
      if ((n & 1u) == 1u) { product *= factor; }
      factor *= factor;
    }
    if (y > 0) { return product; }
    return select(1 / product, infinity(), product == 0);
  }
  if (x == 0) { return select(0.0, infinity(), y < 0); }
  if (x < 0 && !isWhole) { return nan(); }
  if (y == 0.5) { return sqrt(x); }
  let size = exp(y * logarithm(abs(x)));
  return select(size, -size, x < 0 && abs(y) < 16777216 && (i32(y) & 1) == 1);
}`;
