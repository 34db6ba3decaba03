import { EfEnvError } from './errors.ts';

/** A seeded stream of numbers that can be saved and continued. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, n), n in 1 .. 2^32. */
  integer(n: number): number;
  /** One item of a list that is not empty. */
  choice<T>(items: readonly T[]): T;
  /** `n` different items, in random order; there must be as many. */
  sample<T>(items: readonly T[], n: number): T[];
  /** The stream's position: four unsigned 32-bit integers, for {@link restoreRandom}. */
  state(): [number, number, number, number];
}

const MOST = 2 ** 32 - 1;

function refused(what: string, must: string, got: unknown): EfEnvError {
  const shown = typeof got === 'string' ? got : String(got);
  return new EfEnvError('option', `${what} must be ${must}, got ${shown}.`);
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
 *
 * @throws {EfEnvError} `option` for a part that is neither a text nor a finite number.
 */
export function mixSeeds(...parts: (number | string)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    if (typeof part !== 'string' && !Number.isFinite(part)) {
      throw refused('mixSeeds: a part', 'a text or a finite number', part);
    }
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
 * @throws {EfEnvError} `option` unless that is four unsigned 32-bit integers, not all 0 (from there nothing comes but 0).
 *
 * @see Blackman and Vigna 2021, xoshiro128**: https://arxiv.org/abs/1805.01407
 */
export function restoreRandom(state: ArrayLike<number>): Random {
  const words = Array.from(state ?? []);
  const isWord = (word: number): boolean => Number.isInteger(word) && word >= 0 && word <= MOST;
  if (words.length !== 4 || !words.every(isWord) || !words.some(Boolean)) {
    throw refused('restoreRandom: state', 'four unsigned 32-bit integers, not all 0', `[${words}]`);
  }
  let [a, b, c, d] = words as [number, number, number, number]; // just counted
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
    integer: (n) => {
      if (!Number.isInteger(n) || n < 1 || n > MOST + 1) {
        throw refused('random.integer: n', 'an integer in 1 .. 2^32', n);
      }
      return Math.floor(stream.next() * n);
    },
    choice: (items) => {
      if (items.length === 0)
        throw refused('random.choice: items', 'a list that is not empty', '[]');
      return items[stream.integer(items.length)]!; // below its length
    },
    sample: (items, n) => {
      if (!Number.isInteger(n) || n < 0 || n > items.length) {
        throw refused(
          'random.sample: n',
          `an integer in 0 .. ${items.length}, the number of items`,
          n,
        );
      }
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
 * @param seed - 32 bits: an integer in -2^31 .. 2^32 - 1 (a negative one is the same as 2^32 more).
 * @throws {EfEnvError} `option` for any other number: many would give one stream. `mixSeeds` makes a seed of them.
 *
 * @example
 * const random = createRandom(7);
 * [random.integer(10), random.integer(10), random.integer(10)]; // [7, 2, 9]
 */
export function createRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed > MOST) {
    throw refused('createRandom: seed', 'an integer in -2^31 .. 2^32 - 1', seed);
  }
  const state = [1, 2, 3, 4].map((i) => splitmix(splitmix(seed | 0) + i));
  return restoreRandom(state);
}
