import { TensorGpuError } from '../base/errors.ts';
import { assertRange, knownOptions } from '../base/knownOptions.ts';

/** How keys and values are kept. */
export const CACHE_DTYPES = ['f32', 'bf16', 'int8'] as const;
export type CacheDtype = (typeof CACHE_DTYPES)[number];

export interface KvCacheOptions {
  /**
   * `'f32'` (default): exact. `'bf16'`: half the bytes. `'int8'`: a quarter, with one scale per token and head. The README
   * says what each costs in log-probs.
   */
  dtype?: CacheDtype | undefined;
  /** Most bytes of keys and values in memory; further sequences wait their turn. Default 1 GiB. */
  maxBytes?: number | undefined;
}

/** What a cache holds and what it saved. */
export interface KvCacheUsage {
  /** Bytes of keys and values, those of running sequences included. */
  bytes: number;
  /** Tokens that went through the layers so far. */
  computed: number;
  /** Tokens that did not have to, because their keys and values were there. */
  reused: number;
}

/** A device's pages: what a {@link KvCache} keeps from one call to the next. */
export interface DeviceCache {
  usage(): KvCacheUsage;
  /** Frees everything. */
  dispose(): void;
}

/** What a cache that nobody refers to any more has left is freed. */
const forgotten = new FinalizationRegistry<DeviceCache>((part) => part.dispose());

/**
 * Keys and values that outlive a call of `generate`: the next prompt that begins as an earlier one, its completion
 * included, computes its new tokens only. They belong to one state of the weights: at the first call after an update
 * they are dropped. Memory that something else needs is taken from them first.
 */
export class KvCache {
  readonly dtype: CacheDtype;
  readonly maxBytes: number;
  private held: { owner: object; version: string; users: number; part: DeviceCache } | undefined;
  private disposed = false;
  private past = { computed: 0, reused: 0 };

  constructor({ dtype, maxBytes }: { dtype: CacheDtype; maxBytes: number }) {
    this.dtype = dtype;
    this.maxBytes = maxBytes;
  }

  usage(): KvCacheUsage {
    const { bytes = 0, computed = 0, reused = 0 } = this.held?.part.usage() ?? {};
    return {
      bytes,
      computed: computed + this.past.computed,
      reused: reused + this.past.reused,
    };
  }

  /** Frees what no running call uses. */
  clear(): void {
    if (this.held === undefined || this.held.users > 0) return;
    const { computed, reused } = this.usage();
    this.past = { computed, reused };
    forgotten.unregister(this);
    this.held.part.dispose();
    this.held = undefined;
  }

  /** Frees everything, at the end of the calls that run; further calls with it are refused. */
  dispose(): void {
    this.disposed = true;
    this.clear();
  }

  /**
   * For devices: the part that belongs to this state of the weights, made anew if what is held is of another one;
   * undefined while another one is in use. Each needs its `close`.
   */
  open<Part extends DeviceCache>(
    owner: object,
    version: string,
    make: () => Part,
  ): Part | undefined {
    if (this.disposed)
      throw new TensorGpuError('disposed', 'generate: the key-value cache was disposed.');
    const { held } = this;
    if (held !== undefined && (held.owner !== owner || held.version !== version)) {
      if (held.users > 0) return undefined;
      this.clear();
    }
    if (this.held === undefined) {
      this.held = { owner, version, users: 0, part: make() };
      forgotten.register(this, this.held.part, this);
    }
    this.held.users++;
    return this.held.part as Part; // made by the same owner's `make`
  }

  close(): void {
    if (this.held !== undefined) this.held.users--;
    if (this.disposed) this.clear();
  }
}

/**
 * A key-value cache to give to several calls of `generate`.
 *
 * @throws {TensorGpuError} `option` for an unknown dtype or a size that is none.
 *
 * @example
 * const cache = createKvCache({ dtype: 'bf16' });
 * cache.usage(); // { bytes: 0, computed: 0, reused: 0 }
 */
export function createKvCache(options: KvCacheOptions = {}): KvCache {
  const given = knownOptions('createKvCache', options, ['dtype', 'maxBytes']);
  const { dtype = 'f32', maxBytes = 2 ** 30 } = given;
  assertCacheDtype('createKvCache', dtype);
  assertRange('createKvCache: maxBytes', maxBytes, [1, Number.MAX_SAFE_INTEGER]);
  return new KvCache({ dtype, maxBytes });
}

/** @throws {TensorGpuError} `option` unless it is one of {@link CACHE_DTYPES}. */
export function assertCacheDtype(caller: string, dtype: unknown): void {
  if (CACHE_DTYPES.some((known) => known === dtype)) return;
  throw new TensorGpuError(
    'option',
    `${caller}: the dtype of the cache must be ${CACHE_DTYPES.join(', ')}, got ${String(dtype)}.`,
  );
}
