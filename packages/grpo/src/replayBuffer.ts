import { assertCounts } from './assertGroups.ts';
import { shuffle } from './repeatedIndices.ts';

export interface ReplayBufferOptions {
  /** Groups kept; the oldest leave first. */
  capacity: number;
  /** Optimiser steps after which a group is too stale to learn from. Default: never. */
  maxStaleness?: number | undefined;
}

/** A buffer as plain data: put it into a checkpoint as it is. */
export interface ReplayBuffer<T> {
  readonly capacity: number;
  readonly maxStaleness: number;
  readonly entries: readonly { readonly step: number; readonly item: T }[];
}

/**
 * An empty buffer of rollout groups for off-policy reuse.
 *
 * @throws {GrpoError} `option` if `capacity` is not an integer >= 1.
 *
 * @example
 * replayBuffer({ capacity: 2 }).entries; // []
 */
export function replayBuffer<T>(options: ReplayBufferOptions): ReplayBuffer<T> {
  const { capacity, maxStaleness = Infinity } = options;
  assertCounts('replayBuffer', { capacity });
  return { capacity, maxStaleness, entries: [] };
}

/**
 * The buffer with new groups, without those that are too stale at `step`, oldest first out.
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
  const fresh = buffer.entries.filter((entry) => step - entry.step <= buffer.maxStaleness);
  const entries = [...fresh, ...items.map((item) => ({ step, item }))];
  return { ...buffer, entries: entries.slice(-buffer.capacity) };
}

/**
 * Up to `count` different groups drawn with a seed, none too stale at `step`, with their age in steps.
 *
 * @example
 * const buffer = addToBuffer(replayBuffer({ capacity: 4 }), 0, ['a']);
 * sampleBuffer(buffer, { step: 3, count: 1, seed: 0 }); // [{ item: 'a', staleness: 3 }]
 */
export function sampleBuffer<T>(
  buffer: ReplayBuffer<T>,
  options: { step: number; count: number; seed: number },
): { item: T; staleness: number }[] {
  const { step, count, seed } = options;
  const live = buffer.entries.filter((entry) => step - entry.step <= buffer.maxStaleness);
  shuffle(live, seed);
  return live.slice(0, count).map((entry) => ({ item: entry.item, staleness: step - entry.step }));
}
