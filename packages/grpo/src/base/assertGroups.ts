import { assertLength } from './assertTokens.ts';
import { array, count } from './checks.ts';
import { GrpoError } from './errors.ts';
import type { OptionChecks } from './readOptions.ts';
import { shown } from './shown.ts';

/** Either G completions per prompt, prompt-major, or one group number per completion (groups of any size, any order). */
export type Grouping =
  | { numGenerations: number; groupIds?: undefined }
  | { groupIds: ArrayLike<number>; numGenerations?: undefined };

/** What the options of a `Grouping` must be. Tables that spread it are functions: a bundler keeps a spread that nobody uses. */
export const GROUPING: OptionChecks<Grouping> = { numGenerations: count, groupIds: array };

/** Indices of the completions of each group. Throws `missing`, `option` or `shape` when the groups do not fit `size`. */
export function groupIndices(where: string, size: number, grouping: Grouping): number[][] {
  const { groupIds, numGenerations } = grouping;
  if (groupIds !== undefined && numGenerations !== undefined) {
    throw new GrpoError(
      'option',
      `${where}: numGenerations and groupIds say the same: give one of them.`,
    );
  }
  if (groupIds !== undefined) return indicesById(where, size, groupIds);
  if (numGenerations === undefined) {
    throw new GrpoError('missing', `${where}: needs numGenerations, or groupIds.`);
  }
  count(where, 'numGenerations', numGenerations);
  const left = size % numGenerations;
  if (left !== 0) {
    throw new GrpoError(
      'shape',
      `${where}: rewards.length must be a multiple of numGenerations (${numGenerations}), got ${size}. ` +
        `The last ${left} belong to an unfinished group: drop them or wait for the rest.`,
    );
  }
  return Array.from({ length: size / numGenerations }, (_, p) =>
    Array.from({ length: numGenerations }, (_, g) => p * numGenerations + g),
  );
}

/** The groups of scored completions, after `assertRewards`. */
export function rewardGroups(
  where: string,
  rewards: ArrayLike<number | null>,
  grouping: Grouping,
): number[][] {
  assertLength(where, { rewards });
  const groups = groupIndices(where, rewards.length, grouping);
  assertRewards(where, rewards);
  return groups;
}

function indicesById(where: string, size: number, groupIds: ArrayLike<number>): number[][] {
  if (groupIds.length !== size) {
    throw new GrpoError(
      'shape',
      `${where}: groupIds must name the group of each of the ${size} completions, got ${groupIds.length}.`,
    );
  }
  const groups = new Map<number, number[]>();
  for (let i = 0; i < size; i++) {
    const id = groupIds[i]!;
    if (!Number.isFinite(id)) {
      throw new GrpoError('option', `${where}: groupIds[${i}] must be a number, got ${shown(id)}.`);
    }
    const group = groups.get(id);
    if (group) group.push(i);
    else groups.set(id, [i]);
  }
  return [...groups.values()];
}

/** Throws `not-finite` at the first reward that is neither a finite number nor `null`. */
export function assertRewards(
  where: string,
  rewards: ArrayLike<number | null>,
  name = 'reward',
): void {
  for (let i = 0; i < rewards.length; i++) {
    if (rewards[i] !== null && !Number.isFinite(rewards[i])) {
      throw new GrpoError(
        'not-finite',
        `${where}: ${name} ${i} is ${shown(rewards[i])}. Return null for a completion that could not be scored.`,
      );
    }
  }
}
