import { assertLength } from '../base/assertTokens.ts';
import { array, type Check, count, mustBe, orNull, seed, wholeNumber } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { readOptions } from '../base/readOptions.ts';
import { shown } from '../base/shown.ts';
import { shuffle } from '../base/shuffle.ts';

export interface ReplayBufferOptions {
  /** Groups kept; the oldest leave first. */
  capacity: number;
  /** Optimiser steps after which a group is too stale to learn from; `null` or Infinity: never. Default never. */
  maxStaleness?: number | null | undefined;
}

/** A buffer as plain data that survives JSON when its items do: put it into a checkpoint as it is. */
export interface ReplayBuffer<T> {
  readonly capacity: number;
  /** `null` = no group is ever too stale. */
  readonly maxStaleness: number | null;
  readonly entries: readonly { readonly step: number; readonly item: T }[];
}

/**
 * An empty buffer of rollout groups for off-policy reuse.
 *
 * @throws {GrpoError} `option` if `capacity` is not an integer >= 1, or `maxStaleness` not one >= 0.
 *
 * @example
 * replayBuffer({ capacity: 2 }).entries; // []
 */
export function replayBuffer<T>(options: ReplayBufferOptions): ReplayBuffer<T> {
  const checks = { capacity: count, maxStaleness: orNull(staleness) };
  const given = readOptions<ReplayBufferOptions>('replayBuffer', options, {
    checks,
    required: ['capacity'],
  });
  const { capacity, maxStaleness = null } = given;
  return { capacity, maxStaleness: maxStaleness === Infinity ? null : maxStaleness, entries: [] };
}

function staleness(where: string, name: string, value: unknown): void {
  if (value !== Infinity) wholeNumber(where, name, value);
}

/** A buffer as it came, from here or from a checkpoint. */
function readBuffer<T>(where: string, buffer: ReplayBuffer<T>): ReplayBuffer<T> {
  const entries: Check = (at, name, value) => {
    array(at, name, value);
    assertEntries(at, value as readonly { step: number }[]); // array has just said so
  };
  const checks = { capacity: count, maxStaleness: orNull(staleness), entries };
  return readOptions<ReplayBuffer<T>>(where, buffer, {
    checks,
    required: ['capacity', 'maxStaleness', 'entries'],
  });
}

function assertEntries(where: string, entries: readonly { step: number }[]): void {
  Array.from(entries).forEach((entry, i) => {
    if (typeof entry !== 'object' || entry === null) {
      throw mustBe(`${where}: entries[${i}]`, '{ step, item }', entry);
    }
    wholeNumber(where, `entries[${i}].step`, entry.step);
  });
}

/** The entries that are not too stale at `step`. */
function liveAt<T>({ entries, maxStaleness }: ReplayBuffer<T>, step: number) {
  return entries.filter((entry) => step - entry.step <= (maxStaleness ?? Infinity));
}

/**
 * The buffer with new groups, without those that are too stale at `step`, oldest first out.
 *
 * @throws {GrpoError} `option` for a step that is no integer >= 0, or an object that is no buffer; `missing`.
 *
 * @example
 * const full = addToBuffer(replayBuffer({ capacity: 2 }), 7, ['a', 'b', 'c']);
 * full.entries.map(({ item }) => item); // ['b', 'c']
 */
export function addToBuffer<T>(
  buffer: ReplayBuffer<T>,
  step: number,
  items: readonly T[],
): ReplayBuffer<T> {
  const where = 'addToBuffer';
  const given = readBuffer(where, buffer);
  wholeNumber(where, 'step', step);
  assertLength(where, { items });
  const entries = liveAt(given, step).concat(Array.from(items, (item) => ({ step, item })));
  return { ...given, entries: entries.slice(-given.capacity) };
}

export interface SampleBufferOptions {
  /** The optimiser step that the groups are for. */
  step: number;
  /** How many groups at most. */
  count: number;
  /** An integer of 32 bits. */
  seed: number;
}

const SAMPLE = { step: wholeNumber, count: wholeNumber, seed };

/**
 * Up to `count` different groups drawn with a seed, none too stale at `step`, with their age in steps.
 *
 * @throws {GrpoError} `option` for a step or count that is no integer >= 0, a seed that is none of 32 bits, a group of a later
 * step, or an object that is no buffer; `missing`.
 *
 * @example
 * const buffer = addToBuffer(replayBuffer({ capacity: 4 }), 0, ['a']);
 * sampleBuffer(buffer, { step: 3, count: 1, seed: 0 }); // [{ item: 'a', staleness: 3 }]
 */
export function sampleBuffer<T>(
  buffer: ReplayBuffer<T>,
  options: SampleBufferOptions,
): { item: T; staleness: number }[] {
  const where = 'sampleBuffer';
  const required = ['step', 'count', 'seed'] as const;
  const { step, ...draw } = readOptions<SampleBufferOptions>(where, options, {
    checks: SAMPLE,
    required,
  });
  const live = liveAt(readBuffer(where, buffer), step);
  const later = live.find((entry) => entry.step > step);
  if (later) {
    throw new GrpoError(
      'option',
      `${where}: step ${step} is before step ${shown(later.step)} of a group in the buffer. Count steps on from the checkpoint's.`,
    );
  }
  shuffle(live, draw.seed);
  return live
    .slice(0, draw.count)
    .map((entry) => ({ item: entry.item, staleness: step - entry.step }));
}
