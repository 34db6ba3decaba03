import type { SamplingMask } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { checkList, checkOptionNames } from '../base/optionChecks.ts';
import { checkMask, joinMask, keptAt } from '../chat/samplingMask.ts';
import { checkBatch } from '../model/checkBatch.ts';
import type { TokenBatch } from '../model/tokenBatch.ts';
import type { Targets } from './targets.ts';

/** Tokens, each with the loss it is the target of. What `renderSegments` returns is one. */
export interface TrainingSequence<Role extends string = string> {
  ids: ArrayLike<number>;
  /** One per token; `'ignore'` for tokens that are context only. */
  roles: readonly Role[];
  /** The ids that each token was drawn from; an empty list: all. Default: so for every token. */
  samplingMask?: SamplingMask | undefined;
}

export interface SelectTargetsOptions<Role extends string> {
  /** Take these roles only. Default: every role except `'ignore'`. */
  roles?: readonly Role[] | undefined;
}

/**
 * Which tokens of a batch a loss looks at, and which hidden states predict them: only these cost a product with the
 * vocabulary. The role of the *target* decides. Padding and the first token of a sequence, which nothing predicts, are
 * left out in any case.
 *
 * @param batch - of `tokenBatch` (either padding) or `packedBatch`.
 * @param sequences - those that the batch was made of, in the same order.
 * @throws {Qwen3Error} `option` if an argument is none, `shape` if batch, ids and roles do not have the same lengths.
 *
 * @example
 * const sequences = [
 *   { ids: [5, 6, 7], roles: ['ignore', 'assistant', 'environment'] },
 *   { ids: [8, 9], roles: ['ignore', 'assistant'] },
 * ];
 * const targets = selectTargets(packedBatch(sequences), sequences, { roles: ['assistant'] });
 * targets.rows; // Int32Array [0, 3]
 * targets.ids; // Int32Array [6, 9]
 * targets.sequenceIds; // Int32Array [0, 1]
 */
export function selectTargets<Role extends string>(
  batch: Pick<TokenBatch, 'B' | 'T' | 'inputIds' | 'segmentIds' | 'tree'>,
  sequences: readonly TrainingSequence<Role>[],
  options: SelectTargetsOptions<Role> = {},
): Targets<Role> {
  checkOptionNames('selectTargets', options, ['roles']);
  const { roles: wanted } = options;
  if (wanted !== undefined) checkList('selectTargets: roles', wanted);
  const starts = sequenceStarts(batch);
  checkFit(batch, sequences, starts);
  const rows: number[] = [];
  const ids: number[] = [];
  const roles: Role[] = [];
  const sequenceIds: number[] = [];
  const kept: ArrayLike<number>[] = [];
  for (const [index, sequence] of sequences.entries()) {
    for (let t = 1; t < sequence.ids.length; t++) {
      const role = sequence.roles[t]!;
      if (wanted ? !wanted.includes(role) : role === 'ignore') continue;
      checkOwn(batch, index, t);
      rows.push(starts[index]! + t - 1);
      ids.push(sequence.ids[t]!);
      roles.push(role);
      sequenceIds.push(index);
      kept.push(keptAt(sequence.samplingMask, t));
    }
  }
  const isMasked = sequences.some(({ samplingMask }) => samplingMask !== undefined);
  return {
    ...(isMasked && { samplingMask: joinMask(kept) }),
    rows: Int32Array.from(rows),
    ids: Int32Array.from(ids),
    roles,
    sequenceIds: Int32Array.from(sequenceIds),
  };
}

/**
 * Where each sequence begins in `[B * T]` arrays: at a token whose left neighbour is of another row or segment. In a tree:
 * where it would begin, if its prefix stood right before what is its own.
 */
function sequenceStarts(
  batch: Pick<TokenBatch, 'B' | 'T' | 'inputIds' | 'segmentIds' | 'tree'>,
): readonly number[] {
  checkBatch('selectTargets', batch, ['inputIds', 'segmentIds']);
  const { B, T, segmentIds, tree } = batch;
  if (tree) return Array.from(tree.starts, (start, index) => start - tree.shared[index]!);
  const starts: number[] = [];
  for (let i = 0; i < B * T; i++) {
    const isFirst = i % T === 0 || segmentIds[i] !== segmentIds[i - 1];
    if (segmentIds[i]! >= 0 && isFirst) starts.push(i);
  }
  return starts;
}

/** @throws {Qwen3Error} `option` for a target whose row is shared: with other roles than those the batch was packed by. */
function checkOwn({ tree }: Pick<TokenBatch, 'tree'>, index: number, t: number): void {
  if (!tree || t > tree.shared[index]!) return;
  throw new Qwen3Error(
    'option',
    `selectTargets: token ${t} of sequence ${index} is a target, and what predicts it is shared with other sequences. Pack the batch with the same roles.`,
  );
}

function checkFit(
  batch: Pick<TokenBatch, 'inputIds' | 'tree'>,
  sequences: readonly TrainingSequence[],
  starts: readonly number[],
): void {
  checkList('selectTargets: sequences', sequences);
  if (sequences.length !== starts.length) {
    throw new Qwen3Error(
      'shape',
      `selectTargets: batch has ${starts.length} sequences, got ${sequences.length}. Give those that the batch was made of.`,
    );
  }
  for (const [index, sequence] of sequences.entries()) {
    const { ids, roles } = sequence ?? {}; // JavaScript may hand over anything
    if (ids?.length !== roles?.length || ids === undefined) {
      throw new Qwen3Error(
        'shape',
        `selectTargets: sequence ${index} must have one role per token, got ${ids?.length ?? 'no'} ids and ${roles?.length ?? 'no'} roles.`,
      );
    }
    checkMask(`selectTargets: samplingMask of sequence ${index}`, sequence.samplingMask, ids);
    const start = starts[index]!;
    for (let t = batch.tree?.shared[index] ?? 0; t < ids.length; t++) {
      if (batch.inputIds[start + t] === ids[t]) continue;
      throw new Qwen3Error(
        'shape',
        `selectTargets: token ${t} of sequence ${index} is ${ids[t]}, in the batch it is ${batch.inputIds[start + t]}. Give the sequences that the batch was made of, in its order.`,
      );
    }
  }
}
