import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

/**
 * A stream of standard-normal numbers that depends on the seed alone (not on the platform's random source):
 * 32-bit words from a Weyl sequence with a finaliser, pairs of them through Box-Muller.
 *
 * @see Steele et al. 2014, Fast Splittable Pseudorandom Number Generators (the mixing step)
 */
export function seededNormal(seed: number): () => number {
  const uniform = uniformStream(seed);
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** Numbers in [0, 1) with 32 random bits. */
export function uniformStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return ((word ^ (word >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** @throws {Qwen3Error} `option`: two seeds beyond 32 bits could give the same numbers, NaN those of 0. */
export function checkSeed(functionName: string, seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  throw new Qwen3Error(
    'option',
    `${functionName}: seed must be a whole number in [0, 2^32), got ${showValue(seed)}.`,
  );
}
