import { count } from './base/checks.ts';
import { GrpoError } from './errors.ts';

/** Either G completions per prompt, prompt-major, or one group number per completion (groups of any size, any order). */
export type Grouping =
  | { numGenerations: number; groupIds?: undefined }
  | { groupIds: ArrayLike<number>; numGenerations?: undefined };

/** Throws `option` for the first value that is not an integer >= 1. */
export function assertCounts(where: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) count(where, name, value);
}

/** Indices of the completions of each group. Throws `option` or `shape` when the groups do not fit `count`. */
export function groupIndices(where: string, count: number, grouping: Grouping): number[][] {
  if (grouping.groupIds !== undefined) return indicesById(where, count, grouping.groupIds);
  const size = grouping.numGenerations;
  assertCounts(where, { numGenerations: size });
  const left = count % size;
  if (left !== 0) {
    throw new GrpoError(
      'shape',
      `${where}: rewards.length must be a multiple of numGenerations (${size}), got ${count}. ` +
        `The last ${left} belong to an unfinished group: drop them or wait for the rest.`,
    );
  }
  return Array.from({ length: count / size }, (_, p) =>
    Array.from({ length: size }, (_, g) => p * size + g),
  );
}

function indicesById(where: string, count: number, groupIds: ArrayLike<number>): number[][] {
  if (groupIds.length !== count) {
    throw new GrpoError(
      'shape',
      `${where}: groupIds must name the group of each of the ${count} completions, got ${groupIds.length}.`,
    );
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const group = groups.get(groupIds[i]!);
    if (group) group.push(i);
    else groups.set(groupIds[i]!, [i]);
  }
  return [...groups.values()];
}

/** Throws `not-finite` at the first reward that is neither a finite number nor `null`. */
export function assertRewards(where: string, rewards: ArrayLike<number | null>): void {
  for (let i = 0; i < rewards.length; i++) {
    if (rewards[i] !== null && !Number.isFinite(rewards[i])) {
      throw new GrpoError(
        'not-finite',
        `${where}: reward ${i} is ${rewards[i]}. Return null for a completion that could not be scored.`,
      );
    }
  }
}
