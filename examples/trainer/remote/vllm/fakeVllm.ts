import { generate, setAdapter } from '@molrl/qwen3';
import {
  type FakeEngine,
  type FakeServer,
  type FakeServerOptions,
  fakeServer,
} from '../fakeServer.ts';

export interface FakeVllmOptions extends FakeServerOptions {
  /** Started with `--return-sampling-mask`. */
  masks?: boolean;
}

/**
 * A server that answers the requests that the sampler makes as vLLM 0.32.0 answers them (`recorded.json`), with our own
 * engine behind it, and refuses every other one. So the tokens of a run are those of a run without it.
 */
export function fakeVllm(options: FakeVllmOptions): Promise<FakeServer> {
  return fakeServer(options, {
    slow: '/v1/completions',
    answers: (engine) => answersOf(options, engine),
  });
}

function answersOf(options: FakeVllmOptions, { adapters, load: put, draw }: FakeEngine) {
  const { model, maxModelLen = 512, maxLoraRank = 16, masks = false } = options;
  const error = (status: number, message: string) => ({ status, body: { error: { message } } });
  const load = async ({ lora_name: name, lora_path: path }: Record<string, unknown>) => {
    const known = String(name);
    if (adapters.has(known)) {
      return error(
        400,
        `The lora adapter '${known}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
      );
    }
    const r = await put(known, String(path));
    if (r === undefined)
      return error(404, `Loading lora ${known} failed: No adapter found for ${path}`);
    if (r > maxLoraRank) {
      return error(
        500,
        `Call to add_lora method failed: Worker failed with error 'LoRA rank ${r} is greater than max_lora_rank ${maxLoraRank}.'`,
      );
    }
    adapters.add(known);
    return { status: 200, body: `Success: LoRA adapter '${known}' added successfully.` };
  };
  /** Fields as the source of vLLM 0.32.0 has them: its CPU build does not tell masks. */
  const completeMasked = async ({
    token_ids: prompt,
    sampling_params: params,
    model: name,
  }: Record<string, unknown>) => {
    const {
      top_k: topK,
      top_p: topP,
      min_p: minP,
      temperature,
      max_tokens,
      seed,
      ...rest
    } = params as Record<string, number>;
    if (!masks)
      return error(
        403,
        'Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.',
      );
    if (temperature! <= 0)
      return error(400, 'sampling distribution replay requires temperature > 0');
    if (topK! <= 0)
      return error(
        400,
        'sampling distribution replay requires top_k > 0 to bound sampling mask size',
      );
    if (name !== 'tiny' && !adapters.has(String(name)))
      return error(404, `The model \`${name}\` does not exist.`);
    setAdapter(model, name === 'tiny' ? null : String(name));
    const {
      stop_token_ids,
      ignore_eos,
      logit_bias = {},
    } = rest as unknown as { stop_token_ids?: number[]; ignore_eos?: boolean; logit_bias?: object };
    const forbidden = Object.keys(logit_bias).map(Number);
    const filters = topK! < model.config.vocabSize ? { topK, topP, minP } : {};
    const [answer] = await generate(model, [prompt as number[]], {
      ...{ ...filters, temperature: temperature!, maxTokens: max_tokens!, seeds: [seed!] },
      ...{ eosIds: ignore_eos ? null : (stop_token_ids ?? []), suppressTokens: forbidden },
      returnSamplingMask: true,
    });
    const { ids, behaviorLogprobs, samplingMask, stop } = answer!;
    const { tokenIds, offsets } = samplingMask!; // asked for
    const content = Array.from(ids, (id, i) => ({ token_id: id, logprob: behaviorLogprobs[i]! }));
    // a bias of -100 is no filter: such ids count as kept
    const kept = Array.from(ids, (_, i) => [
      ...tokenIds.slice(offsets[i], offsets[i + 1]),
      ...forbidden,
    ]);
    const choice = {
      ...{ index: 0, token_ids: [...ids], logprobs: { content }, sampling_mask: kept },
      ...{
        finish_reason: stop === 'length' ? 'length' : 'stop',
        stop_reason: stop === 'length' ? null : ids.at(-1),
      },
    };
    return { status: 200, body: { prompt_token_ids: prompt, choices: [choice] } };
  };
  const complete = async (body: Record<string, unknown>) => {
    const name = String(body.model);
    if (name !== 'tiny' && !adapters.has(name))
      return error(404, `The model \`${name}\` does not exist. Valid aliases: tiny.`);
    const prompt = body.prompt as number[];
    const { temperature, max_tokens: maxTokens, seed } = body as Record<string, number>;
    const { ids, logprobs, isEnded } = await draw(name === 'tiny' ? null : name, {
      ...{ prompt, temperature: temperature!, maxTokens: maxTokens!, seed: seed! },
      eosIds: body.ignore_eos ? null : ((body.stop_token_ids as number[]) ?? []),
      suppressTokens: Object.keys((body.logit_bias as object) ?? {}).map(Number),
    });
    const choice = {
      ...{ index: 0, token_ids: ids, prompt_token_ids: prompt },
      ...{ finish_reason: isEnded ? 'stop' : 'length' },
      stop_reason: isEnded ? ids.at(-1) : null,
      logprobs: { token_logprobs: logprobs },
    };
    return { status: 200, body: { choices: [choice] } };
  };
  return async (path: string, body: Record<string, unknown>) => {
    if (path === '/v1/models') {
      const known = { id: 'tiny', parent: null, max_model_len: maxModelLen };
      return { status: 200, body: { data: [known] } };
    }
    if (path === '/version') return { status: 200, body: { version: '0.32.0' } };
    if (path === '/inference/v1/generate') return completeMasked(body);
    if (path === '/v1/completions')
      return masks ? error(400, 'sampling distribution replay requires top_k > 0') : complete(body);
    if (path === '/v1/load_lora_adapter') return load(body);
    if (path === '/v1/unload_lora_adapter') {
      const name = String(body.lora_name);
      if (!adapters.delete(name)) return error(404, `The lora adapter '${name}' cannot be found.`);
      return { status: 200, body: `Success: LoRA adapter '${name}' removed successfully.` };
    }
    return error(501, `the fake server does not know ${path}`);
  };
}
