import { checkInteger } from '../base/optionChecks.ts';

/**
 * Seeds for `count` completions from one seed, each an integer in [0, 2^52).
 *
 * @throws {Qwen3Error} `option` unless both are whole numbers from 0 on.
 *
 * @example
 * sampleSeeds(7, 2).length; // 2
 */
export function sampleSeeds(seed: number, count: number): number[] {
  checkInteger('sampleSeeds: seed', seed, [0]);
  checkInteger('sampleSeeds: count', count, [0, 2 ** 26]);
  return Array.from({ length: count }, (_, i) => {
    const high = mix(Math.floor(seed / 2 ** 32) ^ mix(i + 0x51ed270b));
    const low = mix((seed >>> 0) ^ mix(high + i));
    return (mix(high ^ low) >>> 12) * 2 ** 32 + low;
  });
}

/** A 32-bit finaliser (murmur3's): every input bit changes half of the output bits. */
function mix(word: number): number {
  let x = word >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
