import { type Completion, type Sampler, scoreLogprobs } from '@molrl/qwen3';

/** A sampler that writes down what it draws, and one that draws the same once more, with log-probs of the model it is given. */
export function tapedSampler(sampler: Sampler): { there: Sampler; here: Sampler } {
  const drawn: Completion[][] = [];
  let call = 0;
  return {
    async there(...asked) {
      const completions = await sampler(...asked);
      drawn.push(completions);
      return completions;
    },
    async here(own, prompts) {
      const completions = drawn[call++]!; // as many calls
      const each = completions.length / prompts.length;
      const sequences = completions.map(({ ids }, i) => ({
        ...{ promptIds: prompts[Math.floor(i / each)]!, completionIds: ids }, // prompt-major
      }));
      const logprobs = await scoreLogprobs(own, sequences);
      return completions.map((one, i) => ({ ...one, behaviorLogprobs: logprobs[i]! }));
    },
  };
}
