import { bitLength } from './rational.ts';

/** Factors up to this are found; what is left over counts as one prime. */
const TRIAL_LIMIT = 2000n;

/** prime -> count for n >= 1. A rest without small factors stands as it is. */
export function primeFactors(n: bigint): Map<bigint, bigint> {
  const factors = new Map<bigint, bigint>();
  if (bitLength(n) > 600) return new Map([[n, 1n]]);
  let rest = n;
  for (let p = 2n; p <= TRIAL_LIMIT && p * p <= rest; p += p === 2n ? 1n : 2n) {
    if (rest <= Number.MAX_SAFE_INTEGER) {
      factorSmall(Number(rest), Number(p), factors);
      return factors;
    }
    while (rest % p === 0n) {
      factors.set(p, (factors.get(p) ?? 0n) + 1n);
      rest /= p;
    }
  }
  if (rest > 1n) factors.set(rest, (factors.get(rest) ?? 0n) + 1n);
  return factors;
}

/** The same from `first` on with doubles, which are quicker. */
function factorSmall(n: number, first: number, factors: Map<bigint, bigint>): void {
  let rest = n;
  for (let p = first; p <= TRIAL_LIMIT && p * p <= rest; p += p === 2 ? 1 : 2) {
    while (rest % p === 0) {
      factors.set(BigInt(p), (factors.get(BigInt(p)) ?? 0n) + 1n);
      rest /= p;
    }
  }
  if (rest > 1) factors.set(BigInt(rest), (factors.get(BigInt(rest)) ?? 0n) + 1n);
}
