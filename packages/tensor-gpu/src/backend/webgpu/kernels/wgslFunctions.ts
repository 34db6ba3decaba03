/**
 * WGSL: functions whose built-in forms lose small arguments (`log` may be off by 2^-21 near 1, `tanh` by 1e-5 anywhere, and
 * `exp(v) - 1` is 0 for small v).
 * NaN is told by its bits: a compiler may take `v != v` for false.
 */
export const FUNCTIONS = `
fn isNan(v: f32) -> bool { return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u; }
fn log1p(v: f32) -> f32 {
  if (v < -0.3 || v > 0.4) { return log(1 + v); }
  let s = v / (2 + v); // log(1 + v) = 2 atanh(s)
  let q = s * s;
  return 2 * s * (1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q / 11)))));
}
fn logarithm(v: f32) -> f32 {
  if (v > 0.75 && v < 1.375) { return log1p(v - 1); }
  return select(log(v), v, isNan(v));
}
fn expm1(v: f32) -> f32 {
  if (abs(v) > 0.35) { return exp(v) - 1; }
  return v * (1 + v / 2 * (1 + v / 3 * (1 + v / 4 * (1 + v / 5 * (1 + v / 6 * (1 + v / 7))))));
}
fn hyperbolicTangent(v: f32) -> f32 {
  let e = expm1(-2 * abs(v));
  let size = -e / (2 + e);
  return select(size, -size, v < 0);
}`;

/**
 * WGSL: `sine`, `cosine`, `arcTangent` and `arcTangent2` to about 1e-7, where the built-in ones may be off by 2^-11 and 4,096 units.
 *
 * @see Moshier, Cephes Mathematical Library, sinf.c and atanf.c: https://www.netlib.org/cephes/
 */
export const ANGLES = `
const HALF_PI = 1.5707963267948966;
fn turned(v: f32, quarters: i32) -> f32 {
  let k = round(v * 0.6366197723675814);
  let r = ((v - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.54978995489188e-8;
  let z = r * r;
  let q = i32(k) + quarters;
  let odd = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let even = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1;
  let value = select(odd, even, (q & 1) == 1);
  return select(value, -value, (q & 2) == 2);
}
fn sine(v: f32) -> f32 { return turned(v, 0); }
fn cosine(v: f32) -> f32 { return turned(v, 1); }
fn arcTangent(v: f32) -> f32 {
  var x = abs(v);
  var y = 0.0;
  if (x > 2.414213562373095) { y = HALF_PI; x = -1 / x; }
  else if (x > 0.4142135623730950) { y = HALF_PI / 2; x = (x - 1) / (x + 1); }
  let z = x * x;
  y += (((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * x + x;
  return select(y, -y, v < 0);
}
fn arcTangent2(y: f32, x: f32) -> f32 {
  if (x == 0 && y == 0) { return 0; }
  if (x == 0) { return sign(y) * HALF_PI; }
  let angle = arcTangent(y / x);
  if (x > 0) { return angle; }
  return select(angle - 2 * HALF_PI, angle + 2 * HALF_PI, y >= 0);
}`;
