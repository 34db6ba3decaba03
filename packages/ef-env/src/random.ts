/** A seeded stream of numbers that can be saved and continued. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** One item. */
  choice<T>(items: readonly T[]): T;
  /** `n` different items, in random order. */
  sample<T>(items: readonly T[], n: number): T[];
  /** The stream's position: four unsigned 32-bit integers, for {@link restoreRandom}. */
  state(): [number, number, number, number];
}

/** splitmix32: turns any integer into a well-spread one. */
function splitmix(x: number): number {
  let z = (x + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/**
 * One seed from several numbers or words: the same parts give the same seed, any other part a
 * different one (32 bits).
 *
 * @example
 * mixSeeds(0, 'episode', 3); // 4171475468
 */
export function mixSeeds(...parts: (number | string)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    // A separator between parts, so that ('a', 'b') and ('ab') differ; FNV-1a over UTF-16 units.
    for (const unit of `${typeof part}:${part}\u0000`) {
      hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
    }
    hash = splitmix(hash);
  }
  return hash >>> 0;
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/**
 * Continues a stream from a saved {@link Random.state}.
 *
 * @see Blackman and Vigna 2021, xoshiro128**: https://arxiv.org/abs/1805.01407
 */
export function restoreRandom(state: ArrayLike<number>): Random {
  let [a, b, c, d] = Array.from(state) as [number, number, number, number]; // four words by contract
  const next32 = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
  const stream: Random = {
    next: () => next32() / 0x1_0000_0000,
    integer: (n) => Math.floor(stream.next() * n),
    choice: (items) => items[stream.integer(items.length)]!, // empty lists give undefined by contract
    sample: (items, n) => {
      const pool = [...items];
      for (let i = 0; i < n; i++) {
        const j = i + stream.integer(pool.length - i);
        [pool[i], pool[j]] = [pool[j]!, pool[i]!];
      }
      return pool.slice(0, n);
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
  return stream;
}

/**
 * A seeded stream of random numbers. No global state: the same seed gives the same stream.
 *
 * @example
 * const random = createRandom(7);
 * [random.integer(10), random.integer(10), random.integer(10)]; // [7, 2, 9]
 */
export function createRandom(seed: number): Random {
  const state = [1, 2, 3, 4].map((i) => splitmix(splitmix(seed | 0) + i));
  return restoreRandom(state);
}
