import { assertNumber } from '../base/assertNumber.ts';
import { assertList, assertPerToken, readFields } from '../base/readFields.ts';
import { finiteAt } from './finiteAt.ts';
import type { TermResult } from './termResult.ts';

export interface EchoData {
  /** `[N]`, log-probs of all targets of the step. */
  logprobs: ArrayLike<number>;
  /** `[N]`, 1 on the content of what the environment said in later turns; headers and the model's own tokens 0. */
  observationMask: ArrayLike<number>;
}

export interface EchoOptions {
  /** Default 0.1: prime-rl's weight of the role `tool`. */
  weight?: number | undefined;
  /** Observation tokens of the whole batch, when this call sees a part of it. Default: this call's own. */
  total?: number | undefined;
}

/**
 * ECHO: cross-entropy on observations, added to GRPO in the same step, over a denominator of its own.
 *
 *     L = L_GRPO + weight * mean over observation tokens of -log p
 *
 * @throws {MolLossError} `shape`, `missing`, `option`, `unknown-name`, `not-finite`.
 *
 * @example
 * const { loss, gradient } = echoLoss({ logprobs: [-1, -2, -4], observationMask: [0, 1, 1] });
 * loss; // 0.3
 * gradient; // Float64Array [0, -0.05, -0.05]
 *
 * @see ECHO 2026: https://arxiv.org/abs/2605.24517, prime-rl `algo.type = "echo"`
 */
export function echoLoss(data: EchoData, options: EchoOptions = {}): TermResult {
  const where = 'echoLoss';
  const names = { weight: true, total: true } as const;
  const { weight = 0.1, total } = readFields(where, options, { known: names });
  assertNumber(`${where}: weight`, weight, { min: 0 });
  if (total !== undefined) assertNumber(`${where}: total`, total, { min: 0 });
  const { logprobs, observationMask } = readFields(where, data, {
    what: 'field',
    known: {
      ...{ logprobs: true, observationMask: true },
    },
  });
  assertList(where, 'logprobs', logprobs);
  assertPerToken(where, { observationMask }, logprobs.length);
  let [sum, tokens] = [0, 0];
  for (let i = 0; i < logprobs.length; i++) {
    if (observationMask[i] === 0) continue;
    sum -= finiteAt({ where, name: 'logprobs' }, logprobs, i);
    tokens += 1;
  }
  const count = Math.max(1, total ?? tokens);
  const gradient = Float64Array.from(logprobs, (_, i) =>
    observationMask[i] === 0 ? 0 : -weight / count,
  );
  return {
    loss: (weight * sum) / count,
    gradient,
    metrics: { 'echo/ce': sum / Math.max(1, tokens) },
  };
}
