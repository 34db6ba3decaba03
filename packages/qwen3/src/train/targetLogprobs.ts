import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { checkChoice, checkOptionNames } from '../base/optionChecks.ts';
import { withoutAdapter } from '../lora/withoutAdapter.ts';
import type { LanguageModel, ModelInput } from '../model/languageModel.ts';
import { checkScoring } from './checkScoring.ts';
import { checkScoringTemperature } from './checkScoringTemperature.ts';
import { targetHead } from './targetHead.ts';
import { targetHidden } from './targetHidden.ts';
import type { ChosenTargets } from './targets.ts';

/** What is scored. */
export interface ScoringInput {
  /** Of `tokenBatch` or `packedBatch`. */
  batch: ModelInput;
  /** Of `selectTargets`; only `rows`, `ids` and `samplingMask` are read. */
  targets: ChosenTargets;
}

export interface TargetLogprobsOptions {
  /** Divides all logits before the softmax; give what the sampler used. Default 1. */
  temperature?: number | undefined;
  /** Whether a model with an adapter uses it, or is its frozen base. Default `'on'`. */
  adapter?: 'on' | 'off' | undefined;
}

/**
 * The log-probs of `scoreTargets` without the way back: nothing is kept for gradients. For a frozen base, or for the policy
 * as it was before the first update on a batch.
 *
 * @returns `[N]`, nats, one per target.
 * @throws {Qwen3Error} `option` for a model, a target or an option that cannot be; `shape` if arrays or hidden states do not
 * fit.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const sequences = [{ ids: [5, 1, 36], roles: ['ignore', 'assistant', 'assistant'] }];
 * const batch = packedBatch(sequences);
 * const targets = selectTargets(batch, sequences);
 * const logprobs = await targetLogprobs(model, { batch, targets }, { adapter: 'off' });
 * logprobs.length; // 2
 */
export async function targetLogprobs(
  model: LanguageModel,
  { batch, targets }: ScoringInput,
  options: TargetLogprobsOptions = {},
): Promise<Float32Array> {
  const caller = 'targetLogprobs';
  checkOptionNames(caller, options, ['temperature', 'adapter']);
  const { temperature = 1, adapter = 'on' } = options;
  checkScoringTemperature(caller, temperature);
  checkChoice(`${caller}: adapter`, adapter, ['on', 'off']);
  checkScoring(caller, { model, batch, targets }, {});
  const forward = (): Tensor => tidy(() => logprobsOf(model, { batch, targets }, temperature));
  const scored = adapter === 'off' ? withoutAdapter(model, forward) : forward();
  try {
    return await scored.data<'float32'>();
  } finally {
    scored.dispose();
  }
}

function logprobsOf(
  model: LanguageModel,
  { batch, targets }: ScoringInput,
  temperature: number,
): Tensor {
  const hidden = targetHidden(model, { caller: 'targetLogprobs', batch, rows: targets.rows });
  return targetHead(model, { hidden, targets }, { temperature }).logprobs;
}
