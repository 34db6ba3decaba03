/** Where the tokens of a batch are: the one layout that losses compute on, with padding or without. */
export interface TokenRows {
  /** B. */
  rows: number;
  /** `[B + 1]`: the tokens of sequence r are `starts[r]` to `starts[r + 1]`. */
  starts: Uint32Array;
  /** 1 on trained tokens. */
  mask: Uint8Array;
  /** The trained tokens in order, so that a loop over them has no branch. */
  trained: Uint32Array;
  /** `[B + 1]`: those of sequence r are `trained[trainedStarts[r]]` to `trained[trainedStarts[r + 1]]`. */
  trainedStarts: Uint32Array;
}

/** The layout of a mask of zeros and ones. */
export function tokenRows(mask: Uint8Array, starts: Uint32Array): TokenRows {
  const rows = starts.length - 1;
  const trainedStarts = new Uint32Array(rows + 1);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) count += mask[i]!;
    trainedStarts[row + 1] = count;
  }
  let trained: Uint32Array | undefined; // what goes row by row has no use for it
  return {
    ...{ rows, starts, mask, trainedStarts },
    get trained() {
      trained ??= trainedOf(mask, count);
      return trained;
    },
  };
}

function trainedOf(mask: Uint8Array, count: number): Uint32Array {
  const trained = new Uint32Array(mask.length);
  for (let i = 0, k = 0; k < count; i++) {
    trained[k] = i; // written over unless it is trained: no branch
    k += mask[i]!;
  }
  return trained.subarray(0, count);
}

/** Number of trained tokens. */
export function trainedCount({ rows, trainedStarts }: TokenRows): number {
  return trainedStarts[rows]!;
}

/** The starts of rows of one length. */
export function gridStarts(rows: number, sequenceLength: number): Uint32Array {
  const starts = new Uint32Array(rows + 1);
  for (let row = 0; row <= rows; row++) starts[row] = row * sequenceLength;
  return starts;
}

/** The sequence of token i. */
export function rowOfToken(starts: Uint32Array, i: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= i) low = middle;
    else high = middle;
  }
  return low;
}

/** Number of sequences with a trained token. */
export function liveRows(tokens: TokenRows): number {
  let live = 0;
  for (let row = 0; row < tokens.rows; row++) if (trainedIn(tokens, row) > 0) live++;
  return live;
}

/** Number of trained tokens of a sequence. */
export function trainedIn({ trainedStarts }: TokenRows, row: number): number {
  return trainedStarts[row + 1]! - trainedStarts[row]!;
}
