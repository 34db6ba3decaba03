import {
  addFloats,
  type BigFloat,
  bigFloat,
  divideFloats,
  floorFloat,
  magnitude,
  multiplyFloats,
  ONE_FLOAT,
  PRECISION,
  scaleFloat,
  subtractFloats,
  toNumber,
  ZERO_FLOAT,
} from './bigFloat.ts';
import { MathLimit } from './budget.ts';

/** Bits of fixed point in the series below: what is rounded away stays under {@link PRECISION}. */
const FIXED = 256;
const UNIT: bigint = /* @__PURE__ */ (() => 1n << BigInt(FIXED))();

/** arctan(1/n) in fixed point. */
function arctanInverse(n: bigint): bigint {
  let sum = 0n;
  let power = UNIT / n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += k % 4n === 1n ? power / k : -(power / k);
    power /= n * n;
  }
  return sum;
}

/** pi = 16 arctan(1/5) - 4 arctan(1/239) (Machin 1706) */
export const PI_FLOAT: BigFloat = /* @__PURE__ */ (() =>
  bigFloat(16n * arctanInverse(5n) - 4n * arctanInverse(239n), -FIXED))();

/** ln 2 = 2 artanh(1/3) */
const LN2: BigFloat = /* @__PURE__ */ (() => {
  let sum = 0n;
  let power = UNIT / 3n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power /= 9n;
  }
  return bigFloat(2n * sum, -FIXED);
})();

/** Fixed point of a small number, |x| < 2^60. */
const fixed = (x: BigFloat): bigint => {
  const shift = x.exponent + FIXED;
  return shift >= 0 ? x.mantissa << BigInt(shift) : x.mantissa >> BigInt(Math.min(-shift, 1e6));
};

/** e^x: x = k ln 2 + r, the series of r / 256, squared eight times. */
export function expFloat(x: BigFloat): BigFloat {
  if (magnitude(x) > 41) throw new MathLimit('exponent too large');
  const k = Number(floorFloat(divideFloats(x, LN2)));
  const r = fixed(subtractFloats(x, multiplyFloats(LN2, bigFloat(BigInt(k))))) >> 8n;
  let sum = UNIT;
  let term = UNIT;
  for (let n = 1n; term !== 0n && n < 400n; n++) {
    term = (term * r) / (UNIT * n);
    sum += term;
  }
  for (let i = 0; i < 8; i++) sum = (sum * sum) / UNIT;
  return bigFloat(sum, k - FIXED);
}

/** ln x for x > 0: a double's guess y, then ln x = y + ln(1 + (x e^-y - 1)) by its series. */
export function lnFloat(x: BigFloat): BigFloat {
  const k = magnitude(x);
  const reduced = scaleFloat(x, -k); // [1/2, 1)
  const guess = fromDouble(Math.log(toNumber(reduced)));
  const r = subtractFloats(
    multiplyFloats(reduced, expFloat(subtractFloats(ZERO_FLOAT, guess))),
    ONE_FLOAT,
  );
  let power = r;
  let sum = ZERO_FLOAT;
  for (let n = 1n; n <= 6n; n++) {
    const term = divideFloats(power, bigFloat(n));
    sum = n % 2n === 1n ? addFloats(sum, term) : subtractFloats(sum, term);
    power = multiplyFloats(power, r);
  }
  return addFloats(addFloats(guess, sum), multiplyFloats(LN2, bigFloat(BigInt(k))));
}

/** The exact value of a double. */
export function fromDouble(x: number): BigFloat {
  if (x === 0) return ZERO_FLOAT;
  const exponent = Math.floor(Math.log2(Math.abs(x))) - 52;
  return bigFloat(BigInt(Math.round(x / 2 ** exponent)), exponent);
}

/** `[sin x, cos x]`: x is reduced by pi/2, then the series. */
export function sinCosFloat(x: BigFloat): [BigFloat, BigFloat] {
  if (magnitude(x) > 64) throw new MathLimit('angle too large');
  const halfPi = scaleFloat(PI_FLOAT, -1);
  const quarter = floorFloat(addFloats(divideFloats(x, halfPi), bigFloat(1n, -1)));
  const r = fixed(subtractFloats(x, multiplyFloats(halfPi, bigFloat(quarter))));
  const square = (r * r) / UNIT;
  const series = (first: bigint, start: bigint): BigFloat => {
    let sum = 0n;
    let term = first;
    for (let n = start; term !== 0n; n += 2n) {
      sum += term;
      term = (-term * square) / (UNIT * (n + 1n) * (n + 2n));
    }
    return bigFloat(sum, -FIXED);
  };
  const sin = series(r, 1n);
  const cos = series(UNIT, 0n);
  const turned = Number(((quarter % 4n) + 4n) % 4n);
  const minus = (y: BigFloat): BigFloat => subtractFloats(ZERO_FLOAT, y);
  return (
    [
      [sin, cos],
      [cos, minus(sin)],
      [minus(sin), minus(cos)],
      [minus(cos), sin],
    ] as const
  )[turned]!.slice() as [BigFloat, BigFloat]; // a copy of one of four pairs
}

/** The angle of the unit vector (cos, sin): a double's guess, corrected by asin of the small rest. */
export function angleFloat(cos: BigFloat, sin: BigFloat): BigFloat {
  const guess = fromDouble(Math.atan2(toNumber(sin), toNumber(cos)));
  const [guessSin, guessCos] = sinCosFloat(guess);
  const rest = subtractFloats(multiplyFloats(sin, guessCos), multiplyFloats(cos, guessSin));
  const square = multiplyFloats(rest, rest);
  // asin d = d (1 + d^2/6 + 3 d^4/40 + 15 d^6/336); d is about 1e-16
  const terms: [bigint, bigint][] = [
    [1n, 6n],
    [3n, 40n],
    [15n, 336n],
  ];
  let factor = ONE_FLOAT;
  let power = square;
  for (const [a, b] of terms) {
    factor = addFloats(factor, divideFloats(multiplyFloats(power, bigFloat(a)), bigFloat(b)));
    power = multiplyFloats(power, square);
  }
  return addFloats(guess, multiplyFloats(rest, factor));
}
