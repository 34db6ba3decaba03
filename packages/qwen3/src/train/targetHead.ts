import { type LmHeadOptions, type LmHeadResult, lmHead } from '@molrl/tensor-gpu';
import { type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../model/languageModel.ts';
import { maskedLogprobs } from './maskedLogprobs.ts';
import type { ChosenTargets } from './targets.ts';

/** The chunked head on the rows that predict a target; log-probs are among the ids that the sampler kept. */
export function targetHead(
  model: LanguageModel,
  { hidden, targets }: { hidden: Tensor; targets: ChosenTargets },
  options: LmHeadOptions,
): LmHeadResult {
  const { ids, samplingMask: mask } = targets;
  const head = model.head();
  const scored = lmHead(hidden, head, tensor1d(ids, 'int32'), options);
  if (mask === undefined) return scored;
  const { temperature = 1 } = options;
  const { logprobs } = scored;
  return {
    ...scored,
    logprobs: maskedLogprobs({ hidden, head, ids, mask, temperature, logprobs }),
  };
}
