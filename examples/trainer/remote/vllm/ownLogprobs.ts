import { type Completion, type Qwen3, scoreLogprobs } from '@molrl/qwen3';

/** The model's log-probs of completions that another engine drew, in their order: as many of each prompt. */
export function ownLogprobs(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  completions: readonly Completion[],
): Promise<Float32Array[]> {
  const numGenerations = completions.length / prompts.length;
  const sequences = completions.map(({ ids }, i) => ({
    promptIds: prompts[Math.floor(i / numGenerations)]!,
    completionIds: ids,
  }));
  return scoreLogprobs(model, sequences);
}
