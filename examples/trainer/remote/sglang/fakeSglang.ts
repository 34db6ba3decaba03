import {
  type FakeAnswer,
  type FakeServer,
  type FakeServerOptions,
  fakeServer,
} from '../fakeServer.ts';

export interface FakeSglangOptions extends FakeServerOptions {
  /** What it says of itself otherwise. */
  info?: object;
  /** It has the older path of its settings alone. */
  isOlder?: boolean;
}

/** What a completion may be asked with: others are refused, as nobody has looked how they are answered. */
const KNOWN = new Set([
  ...['n', 'top_p', 'top_k', 'min_p', 'min_new_tokens', 'repetition_penalty', 'presence_penalty'],
  ...['frequency_penalty', 'skip_special_tokens', 'no_stop_trim', 'temperature', 'max_new_tokens'],
  ...['sampling_seed', 'stop_token_ids', 'stop', 'ignore_eos', 'logit_bias'],
]);

/**
 * A server that answers the requests that the sampler makes as the source of SGLang 0.5 has them, with our own engine
 * behind it, and refuses every other one.
 */
export function fakeSglang(options: FakeSglangOptions): Promise<FakeServer> {
  const { maxModelLen = 512, maxLoraRank = 16, info, isOlder = false } = options;
  const settings = { enable_lora: true, enable_deterministic_inference: true, version: '0.5.10' };
  const refuse = (message: string): FakeAnswer => ({ status: 400, body: { error: { message } } });
  const updated = (error?: string): FakeAnswer => ({
    status: error === undefined ? 200 : 400,
    body: { success: error === undefined, error_message: error ?? '' },
  });
  return fakeServer(options, {
    slow: '/generate',
    answers: ({ adapters, load, draw }) => {
      const generate = async (body: Record<string, unknown>): Promise<FakeAnswer> => {
        const { input_ids, sampling_params, return_logprob, stream, lora_path, ...rest } = body;
        const params = sampling_params as Record<string, never>;
        const [unknown] = [
          ...Object.keys(rest),
          ...Object.keys(params).filter((x) => !KNOWN.has(x)),
        ];
        if (unknown !== undefined) return refuse(`the fake server does not know ${unknown}`);
        if (return_logprob !== true || stream !== false) return refuse('not as it is asked for');
        if (Number(params.sampling_seed) >= 2 ** 31)
          return { status: 501, body: 'value cannot be converted to int32' };
        const name = lora_path === undefined ? null : String(lora_path);
        if (name !== null && !adapters.has(name)) {
          return refuse(
            `Got LoRA adapter that has never been loaded: ${name}\nAll loaded adapters: dict_keys([]).`,
          );
        }
        const { ids, logprobs, isEnded } = await draw(name, {
          prompt: input_ids as number[],
          temperature: params.temperature!,
          maxTokens: params.max_new_tokens!,
          seed: params.sampling_seed!,
          eosIds: params.ignore_eos ? null : (params.stop_token_ids ?? []),
          suppressTokens: Object.keys(params.logit_bias ?? {}).map(Number),
        });
        const meta = {
          finish_reason: isEnded
            ? { type: 'stop', matched: ids.at(-1) }
            : { type: 'length', length: ids.length },
          prompt_tokens: (input_ids as number[]).length,
          completion_tokens: ids.length,
          output_token_logprobs: ids.map((id, i) => [logprobs[i], id, null]),
        };
        return { status: 200, body: { text: '', output_ids: ids, meta_info: meta } };
      };
      return async (path, body) => {
        const name = String(body.lora_name);
        if (path === '/v1/models') {
          const base = { id: 'tiny', parent: null, max_model_len: maxModelLen };
          const loaded = [...adapters].map((id) => ({ id, parent: 'tiny', max_model_len: null }));
          return { status: 200, body: { data: [base, ...loaded] } };
        }
        if (path === (isOlder ? '/get_server_info' : '/server_info'))
          return {
            status: 200,
            body: { ...settings, max_req_input_len: maxModelLen - 6, ...info },
          };
        if (path === '/server_info') return { status: 404, body: { detail: 'Not Found' } };
        if (path === '/generate') return generate(body);
        if (path === '/load_lora_adapter') {
          if (adapters.has(name))
            return updated(`Failed to load LoRA adapter ${name} because it is already loaded`);
          const rank = await load(name, String(body.lora_path));
          if (rank === undefined) return updated(`${String(body.lora_path)} is no folder`);
          if (rank > maxLoraRank) {
            return updated(
              `LoRA adapter ${name} with rank ${rank} is incompatible with the current LoRA memory pool configuration.`,
            );
          }
          adapters.add(name);
          return updated();
        }
        if (path === '/unload_lora_adapter')
          return adapters.delete(name)
            ? updated()
            : updated(`LoRA with name ${name} does not exist.`);
        return { status: 501, body: `the fake server does not know ${path}` };
      };
    },
  });
}
