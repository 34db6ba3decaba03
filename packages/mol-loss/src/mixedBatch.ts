import { MolLossError } from './errors.ts';

export interface MixedBatchOptions {
  /** Number of domain (feedback) sequences. */
  domainSize: number;
  /** Number of general sequences. */
  generalSize: number;
  /** Sequences per batch, both kinds together. */
  batchSize: number;
  /** Share of general sequences. Default 0.5: 1:1. */
  generalShare?: number | undefined;
  /** Order of both kinds. */
  seed: number;
}

/**
 * Which sequences step `step` trains on, domain and general mixed in a fixed ratio. Each kind is gone through in a new
 * order per pass, none twice before all had their turn. A pure function of the step: a resumed run needs no state.
 *
 * @returns indices into the two sets.
 * @throws {MolLossError} `option` if a set that is needed is empty, or a count is not a whole number.
 *
 * @example
 * const { domain, general } = mixedBatch(0, { domainSize: 10, generalSize: 10, batchSize: 8, seed: 1 });
 * [domain.length, general.length]; // [4, 4]
 */
export function mixedBatch(
  step: number,
  options: MixedBatchOptions,
): { domain: number[]; general: number[] } {
  const { domainSize, generalSize, batchSize, generalShare = 0.5, seed } = options;
  const generals = Math.round(batchSize * generalShare);
  const domains = batchSize - generals;
  if (!Number.isInteger(batchSize) || !(generalShare >= 0 && generalShare <= 1)) {
    throw new MolLossError(
      'option',
      `mixedBatch: batchSize must be whole and generalShare in [0, 1], got ${batchSize} and ${generalShare}.`,
    );
  }
  if ((domains > 0 && domainSize < 1) || (generals > 0 && generalSize < 1)) {
    throw new MolLossError(
      'option',
      `mixedBatch: needs both kinds of sequences, got ${domainSize} domain and ${generalSize} general.`,
    );
  }
  return {
    domain: take(step * domains, domains, domainSize, seed * 2),
    general: take(step * generals, generals, generalSize, seed * 2 + 1),
  };
}

/** Entries `first` to `first + count` of the endless concatenation of shuffled passes. */
function take(first: number, count: number, size: number, seed: number): number[] {
  const taken: number[] = [];
  let pass = -1;
  let order: number[] = [];
  for (let k = first; k < first + count; k++) {
    if (Math.floor(k / size) !== pass) {
      pass = Math.floor(k / size);
      order = shuffled(size, seed, pass);
    }
    taken.push(order[k % size]!);
  }
  return taken;
}

function shuffled(size: number, seed: number, pass: number): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  let state = mix((seed ^ Math.imul(pass + 1, 0x9e3779b9)) >>> 0);
  for (let i = size - 1; i > 0; i--) {
    state = mix(state + 0x9e3779b9);
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** 32-bit finaliser of MurmurHash3. */
function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
