import {
  type Completion,
  completionText,
  type GenerateOptions,
  type Sampler,
  sampleSeeds,
} from '@molrl/qwen3';
import type { RemoteWeights } from './remoteWeights.ts';

/** Options of `generate` that change what is drawn from: the server tells log-probs of the whole distribution at temperature 1. */
const REFUSED = [
  ...['topK', 'topP', 'minP', 'repetitionPenalty', 'presencePenalty', 'frequencyPenalty', 'stop'],
  ...['logitBias', 'allowedTokenIds', 'shouldStop', 'returnSamplingMask', 'topLogprobs'],
] as const satisfies (keyof GenerateOptions)[];

/** Completions in flight. */
const CONCURRENCY = 64;
/** Seeds that every server can hold. */
const SEEDS = 2 ** 31;

/** The weights at a Tinker server as the sampler of a policy. Each completion has a seed of its own, so it does not depend on the batch. */
export function tinkerSampler(weights: RemoteWeights): Sampler {
  const { client } = weights;
  return async (_, prompts, options) => {
    checkOptions(options, prompts, client);
    if (prompts.length === 0) return [];
    const uri = await weights.samplerUri();
    const { numGenerations = 1, maxTokens, temperature = 1, signal, onProgress } = options;
    const total = prompts.length * numGenerations;
    const seeds = options.seeds ?? sampleSeeds(options.seed!, total); // one of the two is given
    const completions = new Array<Completion>(total);
    const failed = new AbortController();
    const both = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
    let [next, done, tokens] = [0, 0, 0];
    const work = async (): Promise<void> => {
      for (let i = next++; i < total && !both.aborted; i = next++) {
        const prompt = Array.from(prompts[Math.floor(i / numGenerations)]!); // inside by the bound
        const drawn = { maxTokens, temperature, seed: seeds[i]! % SEEDS };
        const stop = options.eosIds ?? [];
        const { sequences } = await client.sample({ uri, prompt, ...drawn, stop, signal: both });
        const [sequence] = sequences;
        if (!sequence || sequence.logprobs.length !== sequence.tokens.length)
          throw new Error(`engine: ${client.url} sampled without one log-prob for each token.`);
        completions[i] = completionOf(sequence, options, uri);
        tokens += sequence.tokens.length;
        onProgress?.({ tokens, done: ++done, total });
      }
    };
    const workers = Array.from({ length: Math.min(total, CONCURRENCY) }, work);
    await Promise.all(workers).catch((error: unknown) => {
      failed.abort(); // the others need not go on
      throw error;
    });
    signal?.throwIfAborted();
    return completions;
  };
}

function checkOptions(
  options: GenerateOptions,
  prompts: readonly ArrayLike<number>[],
  { url, maxLength }: RemoteWeights['client'],
): void {
  const isSet = (value: unknown): boolean =>
    value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  const given = REFUSED.filter((name) => isSet(options[name]));
  if (given.length > 0)
    throw new Error(
      `engine: ${given.join(', ')} cannot be asked of ${url}: the log-probs it tells would not be those that were drawn from. Leave it out.`,
    );
  const { temperature = 1, maxTokens } = options;
  if (temperature !== 1 && temperature !== 0)
    throw new Error(
      `engine: ${url} tells log-probs at temperature 1 and would sample at ${temperature}: ratios would be wrong. Set the temperature to 1.`,
    );
  const long = prompts.findIndex(({ length }) => length + maxTokens > maxLength);
  if (long >= 0)
    throw new Error(
      `engine: prompt ${long} has ${prompts[long]!.length} tokens, with maxTokens ${maxTokens} more than the ${maxLength} of ${url}.`,
    );
}

function completionOf(
  {
    tokens: ids,
    logprobs,
    stopReason,
  }: { tokens: Int32Array; logprobs: Float32Array; stopReason: string },
  { tokenizer, eosIds, temperature = 1 }: GenerateOptions,
  weightVersion: string,
): Completion {
  const behaviorLogprobs = temperature === 0 ? new Float32Array(ids.length) : logprobs;
  return {
    ...{ ids, logprobs, behaviorLogprobs, samplingLogprobs: behaviorLogprobs, weightVersion },
    stop: stopReason === 'length' ? 'length' : 'eos',
    ...(tokenizer && { text: completionText(ids, { tokenizer, eosIds: eosIds ?? [], stop: [] }) }),
  };
}
