import { assertFiniteTokens, assertLength, notFinite } from '../base/assertTokens.ts';
import { positive } from '../base/checks.ts';
import { GrpoError } from '../base/errors.ts';
import { type Mask, readMask } from '../base/readMask.ts';
import { readFields, readOptions } from '../base/readOptions.ts';
import { shown } from '../base/shown.ts';

export interface TokenLogitsData {
  /** `[N*V]`. */
  logits: ArrayLike<number>;
  /** `[N]`, id of each target. */
  targets: ArrayLike<number>;
  /** `[N]`, 0 = this token is not computed: value 0, no gradient. Default: all are. */
  mask?: Mask | undefined;
}

export interface TokenLogprobsResult {
  /** `[N]`, log-prob of each target. */
  logprobs: Float64Array;
  /** `[N]`, entropy of each distribution, nats. */
  entropies: Float64Array;
  /** `[N*V]`, gradient with respect to the logits, given those with respect to `logprobs` and `entropies`. */
  backward(dLogprobs: ArrayLike<number>, dEntropies?: ArrayLike<number>): Float64Array;
}

const FIELDS = { logits: true, targets: true, mask: true };

/**
 * Log-probs of given tokens and entropies of their distributions from logits, with the way back.
 *
 *     logprob = z[target] / T - logsumexp(z / T)       entropy = -sum_v p_v log p_v
 *     d logprob / dz_v = (1[v = target] - p_v) / T     d entropy / dz_v = -p_v (log p_v + entropy) / T
 *
 * For small vocabularies and foreign tensor libraries; a chunked head does the same without [N, V].
 *
 * @throws {GrpoError} `shape`; `option` for a target outside the vocabulary, or a temperature that is not above 0;
 * `not-finite` for NaN or +Infinity among the logits of a row that is computed, a row without any mass, or NaN that goes back.
 *
 * @example
 * tokenLogprobs({ logits: [0, 0], targets: [1] }).logprobs; // Float64Array [-0.6931]
 */
export function tokenLogprobs(
  data: TokenLogitsData,
  options: { temperature?: number | undefined } = {},
): TokenLogprobsResult {
  const where = 'tokenLogprobs';
  const { logits, targets, mask } = readFields<TokenLogitsData>(where, data, {
    what: 'data field',
    known: FIELDS,
  });
  const checks = { temperature: positive };
  const { temperature = 1 } = readOptions<{ temperature?: number | undefined }>(where, options, {
    checks,
  });
  assertLength(where, { logits });
  assertLength(where, { targets });
  const count = targets.length;
  const width = logits.length / Math.max(1, count);
  if (!Number.isInteger(width)) {
    throw new GrpoError(
      'shape',
      `tokenLogprobs: ${logits.length} logits for ${count} targets are no rows.`,
    );
  }
  const keep =
    mask === undefined
      ? new Uint8Array(count).fill(1)
      : readMask(where, { mask }, { length: count });
  const logprobs = new Float64Array(count);
  const entropies = new Float64Array(count);
  const logP = new Float64Array(logits.length);
  for (let i = 0; i < count; i++) {
    if (keep[i] === 0) continue;
    const target = targets[i]!;
    if (!(Number.isInteger(target) && target >= 0 && target < width)) {
      throw new GrpoError(
        'option',
        `tokenLogprobs: target ${shown(target)} of token ${i} is outside the vocabulary of ${width}.`,
      );
    }
    let max = -Infinity;
    for (let v = i * width; v < (i + 1) * width; v++) {
      const logit = logits[v]!;
      if (!(typeof logit === 'number' && logit < Infinity)) {
        throw notFinite(`${where}: the logit of id ${v - i * width} is ${shown(logit)}`, i);
      }
      max = Math.max(max, logit);
    }
    if (max === -Infinity) throw notFinite(`${where}: all logits are -Infinity`, i);
    let sum = 0;
    for (let v = i * width; v < (i + 1) * width; v++)
      sum += Math.exp((logits[v]! - max) / temperature);
    for (let v = i * width; v < (i + 1) * width; v++) {
      logP[v] = (logits[v]! - max) / temperature - Math.log(sum);
      if (logP[v] !== -Infinity) entropies[i]! -= Math.exp(logP[v]!) * logP[v]!;
    }
    logprobs[i] = logP[i * width + target]!;
  }
  return { logprobs, entropies, backward };

  function backward(dLogprobs: ArrayLike<number>, dEntropies?: ArrayLike<number>): Float64Array {
    assertLength(where, { dLogprobs }, count);
    assertFiniteTokens(where, { dLogprobs }, { mask: keep });
    if (dEntropies !== undefined && dEntropies !== null) {
      assertLength(where, { dEntropies }, count);
      assertFiniteTokens(where, { dEntropies }, { mask: keep });
    }
    const gradient = new Float64Array(logits.length);
    for (let i = 0; i < count; i++) {
      if (keep[i] === 0) continue;
      const [a, b] = [dLogprobs[i]!, dEntropies?.[i] ?? 0];
      for (let v = i * width; v < (i + 1) * width; v++) {
        const p = Math.exp(logP[v]!);
        if (p > 0) gradient[v] = (-a * p - b * p * (logP[v]! + entropies[i]!)) / temperature;
      }
      gradient[i * width + targets[i]!]! += a / temperature;
    }
    return gradient;
  }
}
