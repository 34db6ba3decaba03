import {
  type Completion,
  completionText,
  type GenerateOptions,
  type Qwen3,
  type Sampler,
  sampleSeeds,
} from '@molrl/qwen3';
import type { AdapterVersions } from './adapterVersions.ts';
import { checkWeights, type Drawn, type LogprobsMode, logprobsMode } from './logprobsMode.ts';
import { asMasked, filtersOf, maskOf } from './masks.ts';
import {
  LostAdapterError,
  type SampledChoice,
  type SamplingRequest,
  type SamplingServer,
} from './samplingServer.ts';

export interface ServerSamplerOptions {
  server: SamplingServer;
  versions: AdapterVersions;
  /** Completions in flight. Default 64. */
  concurrency?: number | undefined;
  /** The server tells what each token was drawn among. Default false. */
  masks?: boolean | undefined;
}

/** Options of `generate` that change what is drawn from and that this server is not asked for. */
const REFUSED = [
  ...['repetitionPenalty', 'presencePenalty', 'frequencyPenalty'],
  ...['logitBias', 'allowedTokenIds', 'shouldStop', 'topLogprobs'],
] as const satisfies (keyof GenerateOptions)[];

/** More than this are not forbidden one by one. */
const MOST_FORBIDDEN = 1024;
/** A prompt that every vocabulary has. */
const SHORT = [1, 2, 3, 4, 5];
/** A weight of e^-100 is none. */
const FORBIDDEN = -100;
const PROBE = { temperature: 0.5, max_tokens: 4, seed: 1, ignore_eos: true };

/** A server as the sampler of a policy: by its present weights, or by earlier ones. */
export interface ServerSampler {
  sampler: Sampler;
  /** Loads the model's present weights. @returns their version, that stays until the next is published. */
  publish(model: Qwen3): Promise<string>;
  /** Samples by a version that was published; it stays until the work is done. */
  during<T>(version: string, work: (sampler: Sampler) => Promise<T>): Promise<T>;
}

/**
 * Each completion has a seed of its own, so it does not depend on the batch; each carries the version of the weights that it
 * is of. The first completion of every version is compared with the trainer's own log-probs.
 */
export function serverSampler(options: ServerSamplerOptions): ServerSampler {
  const { server, versions } = options;
  let mode: Promise<LogprobsMode> | undefined;
  let published: string | undefined;
  const modeBy = (model: Qwen3, prompt: ArrayLike<number>): Promise<LogprobsMode> => {
    mode ??= probe(model, prompt, options).catch((error: Error) => {
      mode = undefined; // another try asks again
      throw error;
    });
    return mode;
  };
  const check = async (model: Qwen3, name: string, drawn: Drawn): Promise<void> =>
    checkWeights(model, drawn, {
      ...{ mode: await modeBy(model, drawn.prompt), what: `${server.url}, adapter ${name},` },
    });
  /** Samples by what it is told once everything that is asked for can be done. */
  const samplerBy =
    (draw: (model: Qwen3, prompts: Prompts, asked: GenerateOptions) => Promise<Completion[]>) =>
    async (...[model, prompts, asked]: Parameters<Sampler>): Promise<Completion[]> => {
      refuseOptions(asked, options);
      checkLengths(prompts, asked.maxTokens, server);
      if (prompts.length === 0) return [];
      refuseMix(await modeBy(model, prompts[0]!), asked.temperature ?? 1, server);
      return draw(model, prompts, asked);
    };
  return {
    sampler: samplerBy((model, prompts, asked) =>
      versions.use(model, async (name, isNew) => {
        const completions = await sampleAll(prompts, asked, { ...options, name, model });
        const [first] = completions;
        const { temperature = 1 } = asked;
        if (isNew && first) {
          const { ids, logprobs, samplingMask } = first;
          const drawn = { prompt: Array.from(prompts[0]!), ids: [...ids], logprobs: [...logprobs] };
          await check(model, name, { ...drawn, samplingMask, temperature });
        }
        return completions;
      }),
    ),
    async publish(model) {
      const { name, isNew } = await versions.hold(model);
      const before = published;
      published = name;
      if (before !== undefined) await versions.drop(before);
      if (isNew) {
        const drawn = { prompt: SHORT, max_tokens: 4, temperature: 1, seed: 1, ignore_eos: true };
        const choice = await drawOne(options, { model: name, ...drawn }, { model });
        await check(model, name, { ...choice, prompt: SHORT, temperature: 1 });
      }
      return name;
    },
    during: (name, work) =>
      versions.during(name, () =>
        work(
          samplerBy((model, prompts, asked) =>
            sampleAll(prompts, asked, { ...options, name, model }),
          ),
        ),
      ),
  };
}

type Prompts = Parameters<Sampler>[1];

/** Asked of the base alone: the trainer's own adapter is not loaded yet, and its B may be 0 all the same. */
async function probe(
  model: Qwen3,
  prompt: ArrayLike<number>,
  options: ServerSamplerOptions,
): Promise<LogprobsMode> {
  const { server } = options;
  const ids = Array.from(prompt);
  const choice = await drawOne(options, { model: server.base, prompt: ids, ...PROBE }, { model });
  const { adapter } = model;
  const wasOn = adapter?.enabled;
  if (adapter) adapter.enabled = false;
  try {
    const drawn = { ...choice, prompt: ids, temperature: PROBE.temperature };
    return await logprobsMode(model, drawn, `${server.url}, model ${server.base},`);
  } finally {
    if (adapter && wasOn !== undefined) adapter.enabled = wasOn;
  }
}

function refuseOptions(asked: GenerateOptions, { server, masks }: ServerSamplerOptions): void {
  const given = REFUSED.filter((name) => asked[name] !== undefined && asked[name] !== null);
  const filters = (['topK', 'topP', 'minP'] as const).filter((name) => asked[name]);
  if (filters.length > 0 && !(masks && asked.topK)) {
    throw new Error(
      `rollouts: ${filters.join(', ')} cannot be asked of ${server.url} without a topK and what was kept below it: the trainer could not tell what was drawn from. Set grpo.topK.`,
    );
  }
  if (given.length === 0) return;
  throw new Error(
    `rollouts: ${given.join(', ')} cannot be asked of the server: the log-probs it tells would not be those that were drawn from. Leave it out.`,
  );
}

function refuseMix(mode: LogprobsMode, temperature: number, { url, advice }: SamplingServer): void {
  if (mode === 'processed' || temperature === 1 || temperature === 0) return;
  throw new Error(
    `rollouts: ${url} tells log-probs at temperature 1 and samples at ${temperature}: ratios would be wrong. ${advice.processed}, or set the temperature to 1.`,
  );
}

/** The server cuts what is too long without a word. */
function checkLengths(
  prompts: readonly ArrayLike<number>[],
  maxTokens: number,
  { url, maxModelLen, advice }: SamplingServer,
): void {
  for (const [i, { length }] of prompts.entries()) {
    if (length + maxTokens <= maxModelLen) continue;
    throw new Error(
      `rollouts: prompt ${i} has ${length} tokens, with maxTokens ${maxTokens} more than the ${maxModelLen} of ${url}. ${advice.longer}, or shorten maxCompletionLength.`,
    );
  }
}

type Asked = ServerSamplerOptions & { name: string; model: Qwen3 };

/** One completion, in the way that this server can be asked for it. */
const drawOne = (
  { server, masks }: ServerSamplerOptions,
  request: SamplingRequest,
  { model, signal }: { model: Qwen3; signal?: AbortSignal | undefined },
): Promise<SampledChoice> =>
  masks
    ? server.completeMasked(asMasked(request, model.config.vocabSize), signal)
    : server.complete(request, signal);

async function sampleAll(
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
  asked: Asked,
): Promise<Completion[]> {
  const { numGenerations = 1, seed, signal, onProgress } = options;
  const total = prompts.length * numGenerations;
  const seeds = options.seeds ?? sampleSeeds(seed!, total); // one of the two is given
  const completions = new Array<Completion>(total);
  let [next, done, tokens] = [0, 0, 0];
  const failed = new AbortController();
  const both = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const work = async (): Promise<void> => {
    for (let i = next++; i < total && !both.aborted; i = next++) {
      const prompt = Array.from(prompts[Math.floor(i / numGenerations)]!); // inside by the bound
      const request = requestOf(options, { prompt, seed: seeds[i]!, model: asked.name });
      completions[i] = completionOf(await complete(request, asked, both), options, asked.name);
      tokens += completions[i]!.ids.length;
      onProgress?.({ tokens, done: ++done, total });
    }
  };
  const workers = Array.from({ length: Math.min(total, asked.concurrency ?? 64) }, work);
  await Promise.all(workers).catch((error: unknown) => {
    failed.abort(); // the others need not go on
    throw error;
  });
  signal?.throwIfAborted();
  return completions;
}

/** A server that was restarted has lost its adapters: they are loaded once more. */
async function complete(
  request: SamplingRequest,
  asked: Asked,
  signal: AbortSignal,
): Promise<SampledChoice> {
  const { server, versions, name, model } = asked;
  try {
    return await drawOne(asked, request, { model, signal });
  } catch (error) {
    if (!(error instanceof LostAdapterError) || name === server.base) throw error;
    await versions.reload(name);
    return drawOne(asked, request, { model, signal });
  }
}

function requestOf(
  options: GenerateOptions,
  { prompt, seed, model }: { prompt: number[]; seed: number; model: string },
): SamplingRequest {
  const { maxTokens, temperature = 1, eosIds, stop, suppressTokens } = options;
  const forbidden = suppressTokens ?? [];
  if (forbidden.length > MOST_FORBIDDEN) {
    throw new Error(
      `rollouts: ${forbidden.length} ids are not to be sampled, which cannot be asked of the server (at most ${MOST_FORBIDDEN}).`,
    );
  }
  return {
    ...{ model, prompt, max_tokens: maxTokens, temperature, seed },
    ...filtersOf(options),
    ...(eosIds && { stop_token_ids: eosIds }),
    ...(stop && stop.length > 0 && { stop }),
    ...(forbidden.length > 0 && {
      logit_bias: Object.fromEntries(forbidden.map((id) => [id, FORBIDDEN])),
    }),
  };
}

function completionOf(
  { ids: given, logprobs: values, kept, finishReason, stopReason }: SampledChoice,
  options: GenerateOptions,
  weightVersion: string,
): Completion {
  const { tokenizer, eosIds, stop, temperature = 1, suppressTokens } = options;
  const ids = Int32Array.from(given);
  const logprobs = Float32Array.from(values);
  const behaviorLogprobs = temperature === 0 ? new Float32Array(ids.length) : logprobs;
  const ended = typeof stopReason === 'string' ? 'stop' : 'eos';
  return {
    ...{ ids, logprobs, behaviorLogprobs, samplingLogprobs: behaviorLogprobs, weightVersion },
    ...(kept && options.returnSamplingMask && { samplingMask: maskOf(kept, suppressTokens ?? []) }),
    stop: finishReason === 'length' ? 'length' : ended,
    ...(tokenizer && {
      text: completionText(ids, { tokenizer, eosIds: eosIds ?? [], stop: stop ?? [] }),
    }),
  };
}
