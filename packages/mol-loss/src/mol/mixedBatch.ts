import { assertNumber, SEED } from '../base/assertNumber.ts';
import { MolLossError } from '../base/errors.ts';
import { type Names, readFields } from '../base/readFields.ts';

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

const OPTIONS: Names<MixedBatchOptions> = {
  domainSize: true,
  generalSize: true,
  batchSize: true,
  generalShare: true,
  seed: true,
};

/**
 * Which sequences step `step` trains on, domain and general mixed in a fixed ratio. Each kind is gone through in a new
 * order per pass, none twice before all had their turn. A pure function of the step: a resumed run needs no state.
 *
 *     general sequences before step s = round(s * batchSize * generalShare)
 *
 * Where a step's share is no whole number the remainder goes to later steps, so the ratio holds over the run: batches of
 * one, half and half, are general and domain in turn.
 *
 * @param step - 0, 1, 2, …
 * @returns indices into the two sets.
 * @throws {MolLossError} `option` if a set that is needed is empty, a share is outside 0 to 1, or a count, the step or the
 * seed is no whole number; `unknown-name` for an option we do not have.
 *
 * @example
 * const { domain, general } = mixedBatch(0, { domainSize: 10, generalSize: 10, batchSize: 8, seed: 1 });
 * [domain.length, general.length]; // [4, 4]
 */
export function mixedBatch(
  step: number,
  options: MixedBatchOptions,
): { domain: number[]; general: number[] } {
  const { domainSize, generalSize, batchSize, generalShare, seed } = readOptions(options);
  assertNumber('mixedBatch: step', step, { integer: true, min: 0, max: 2 ** 32 });
  const generalsBefore = (s: number) => Math.round(s * batchSize * generalShare);
  const first = generalsBefore(step);
  const generals = generalsBefore(step + 1) - first;
  return {
    domain: take(step * batchSize - first, batchSize - generals, {
      size: domainSize,
      seed: seed * 2,
    }),
    general: take(first, generals, { size: generalSize, seed: seed * 2 + 1 }),
  };
}

/** No array of an order holds more. */
const SET_SIZE = { integer: true, min: 0, max: 2 ** 32 - 1 };

function readOptions(options: MixedBatchOptions) {
  const where = 'mixedBatch';
  const given = readFields(where, options, { known: OPTIONS });
  const { domainSize, generalSize, batchSize, generalShare = 0.5, seed } = given;
  assertNumber(`${where}: domainSize`, domainSize, SET_SIZE);
  assertNumber(`${where}: generalSize`, generalSize, SET_SIZE);
  assertNumber(`${where}: batchSize`, batchSize, { integer: true, min: 1, max: 2 ** 20 });
  assertNumber(`${where}: generalShare`, generalShare, { min: 0, max: 1 });
  assertNumber(`${where}: seed`, seed, SEED);
  if ((generalShare < 1 && domainSize < 1) || (generalShare > 0 && generalSize < 1)) {
    throw new MolLossError(
      'option',
      `mixedBatch: needs both kinds of sequences, got ${domainSize} domain and ${generalSize} general.`,
    );
  }
  return { domainSize, generalSize, batchSize, generalShare, seed };
}

/** Entries `first` to `first + count` of the endless concatenation of shuffled passes. `seed` has 33 bits. */
function take(
  first: number,
  count: number,
  { size, seed }: { size: number; seed: number },
): number[] {
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
  const high = Math.floor(seed / 2 ** 32); // ^ sees the low 32 bits only
  let state = mix((seed ^ Math.imul(pass + 1, 0x9e3779b9)) >>> 0) ^ Math.imul(high, 0x85ebca6b);
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
