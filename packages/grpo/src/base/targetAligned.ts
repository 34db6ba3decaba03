import { GrpoError } from './errors.ts';

/** The layout of trained tokens alone: no padding, no mask. */
export interface AlignedLayout {
  /**
   * `[N]`, 0 to B - 1: the sequence of each token. The tokens of a sequence are in order, and need not be neighbours. An id
   * without a token is a sequence that has none trained.
   */
  sequenceIds: ArrayLike<number>;
  /**
   * B, where the ids do not say it: the last sequences have no token. B values of `advantages` are then one per sequence, even
   * where there are B tokens. Default: the number of advantages where it is not N, else up to the largest id.
   */
  batchSize?: number | undefined;
  completionMask?: undefined;
  sequenceLength?: undefined;
}

/** The data of a function that reads a grid, for trained tokens alone: every `[B*T]` array is `[N]`. */
export type TargetAligned<D> = Omit<
  D,
  'completionMask' | 'sequenceLength' | 'sequenceIds' | 'batchSize'
> &
  AlignedLayout;

/** Whether data is target-aligned: it has ids of sequences. */
export function isAligned(data: unknown): data is AlignedLayout & Record<string, unknown> {
  if (typeof data !== 'object' || data === null || !('sequenceIds' in data)) return false;
  return data.sequenceIds !== undefined && data.sequenceIds !== null;
}

/** Throws `option` for target-aligned data where a function takes a grid alone. */
export function assertGrid(where: string, data: unknown): void {
  if (!isAligned(data)) return;
  throw new GrpoError(
    'option',
    `${where}: takes no sequenceIds, but [B*T] arrays with completionMask and sequenceLength.`,
  );
}
