import { assertTotal } from '../../base/assertTotal.ts';
import { meanOver, type Reduction } from '../../base/reduction.ts';
import { liveRows, type TokenRows, trainedCount, trainedIn } from '../../base/tokenRows.ts';

interface RowMean {
  reduction: Reduction;
  /** Fixed length of the `-norm` reductions. Default 1. */
  horizon?: number | undefined;
  /** What the mean is over, in the whole step. Default: of this call. */
  total?: number | undefined;
  /** Name of the total, for errors. */
  totalName: string;
}

/** `[B]`, the weight of each token of a row in the loss: see `lossWeights`. Arguments are checked. */
export function rowWeights(where: string, tokens: TokenRows, mean: RowMean): Float64Array {
  const { reduction, horizon = 1, total, totalName } = mean;
  const over = meanOver(reduction);
  assertTotal(`${where}: ${totalName}`, total, trainedCount(tokens));
  const divisor = over === undefined ? 1 : (total ?? countOf(over, tokens));
  const scale = reduction.endsWith('-norm') ? divisor * horizon : divisor;
  const ownMean = reduction.startsWith('seq-mean-token-mean');
  const weights = new Float64Array(tokens.rows);
  for (let row = 0; row < weights.length; row++) {
    weights[row] = 1 / (scale || 1) / (ownMean ? trainedIn(tokens, row) : 1);
  }
  return weights;
}

function countOf(over: 'tokens' | 'rows' | 'live rows', tokens: TokenRows): number {
  if (over === 'tokens') return trainedCount(tokens);
  if (over === 'rows') return tokens.rows;
  return liveRows(tokens);
}
