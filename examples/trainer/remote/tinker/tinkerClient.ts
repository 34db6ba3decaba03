import type { AdamParams } from '../../../tinker/protocol/adamParams.ts';
import {
  type Datum,
  decodeForwardBackwardOutput,
  encodeForwardBackward,
  type ForwardBackwardOutput,
} from '../../../tinker/protocol/forwardBackward.ts';
import type { SampleResponse } from '../../../tinker/protocol/sample.ts';
import { decodeSample } from '../../../tinker/protocol/sample.ts';
import { httpRequest, RefusedError, type ServerOptions } from '../httpRequest.ts';

/** Signs of life: the server forgets a client that it does not hear of for some minutes. */
const HEARTBEAT = 10_000;

/** A loss by its name at the server. */
export interface RemoteLoss {
  lossFn: 'cross_entropy' | 'importance_sampling';
  forwardOnly?: boolean;
}

/** What is drawn. */
export interface SampleOptions {
  /** Path of the weights; undefined: the base. */
  uri: string | undefined;
  prompt: readonly number[];
  maxTokens: number;
  temperature: number;
  seed: number;
  /** Ids that end a completion. */
  stop: readonly number[];
  promptLogprobs?: boolean;
  signal?: AbortSignal | undefined;
}

/** An adapter at the server, that is trained. Its requests are done in their order. */
export interface RemoteModel {
  id: string;
  forwardBackward(data: readonly Datum[], loss: RemoteLoss): Promise<ForwardBackwardOutput>;
  /** @returns the server's metrics. */
  optimStep(params: AdamParams): Promise<Record<string, number>>;
  /** @returns the path of the checkpoint. */
  save(name: string, kind: 'weights' | 'sampler'): Promise<string>;
  unload(): Promise<void>;
}

export interface TinkerClient {
  url: string;
  /** The base model's name at the server. */
  base: string;
  maxLength: number;
  createModel(
    lora: { rank: number; seed: number },
    from?: { uri: string; optimizer: boolean },
  ): Promise<RemoteModel>;
  sample(options: SampleOptions): Promise<SampleResponse>;
  /** A checkpoint's files, as the server packs them. @throws {RefusedError} where it does not. */
  archive(uri: string): Promise<Uint8Array>;
  /** Removes a checkpoint that is of no use any more; a server that cannot keeps it. */
  remove(uri: string): Promise<void>;
  close(): void;
}

interface Capabilities {
  supported_models?: { model_name?: string | null; max_context_length?: number | null }[];
}

interface Pending {
  request_id?: string;
  model_id?: string;
}

/**
 * A session at a server of the Tinker API.
 *
 * @param base - the model's name there; undefined: the only one.
 * @throws {Error} one line with the address if it cannot be reached, or has another model.
 */
export async function openTinker(options: ServerOptions, base?: string): Promise<TinkerClient> {
  const server = { ...options, tokenHeader: 'x-api-key', token: options.token ?? 'tml-none' };
  const call = (path: string, body?: object, signal?: AbortSignal): Promise<unknown> =>
    httpRequest(server, `/api/v1/${path}`, {
      ...(body && { body: body as object }),
      ...{ signal, final: [400, 404, 409, 422] },
    });
  const model = await servedModel(
    options,
    (await call('get_server_capabilities')) as Capabilities,
    base,
  );
  const told = { sdk_version: '0.38.0', tags: [], user_metadata: null, type: 'create_session' };
  const { session_id } = (await call('create_session', told)) as { session_id: string };
  const beat = setInterval(() => {
    call('session_heartbeat', { session_id, type: 'session_heartbeat' }).catch(() => {}); // the next request tells what is wrong
  }, HEARTBEAT).unref();

  /** Starts it and waits for its result, however long that takes. */
  const later = async (path: string, body: object, signal?: AbortSignal): Promise<unknown> => {
    const pending = (await call(path, body, signal)) as Pending;
    return settled(pending, signal);
  };
  const settled = async ({ request_id }: Pending, signal?: AbortSignal): Promise<unknown> => {
    for (;;) {
      try {
        const result = await call('retrieve_future', { request_id }, signal);
        const { error, type } = Object(result) as { error?: string; type?: string };
        if (type === 'try_again') continue;
        if (error === undefined) return result;
        throw new Error(`${server.setting}: ${server.url} could not do it: ${error}`);
      } catch (error) {
        if (signal?.aborted) await call('cancel_future', { request_id }).catch(() => {}); // not every server has it
        if (!(error instanceof RefusedError && error.status === 408)) throw error;
      }
    }
  };
  let [models, samplers] = [0, 0];
  const sessions = new Map<string | undefined, Promise<string>>();
  const numbers = new Map<string, number>(); // of requests, by sampling session
  const samplingSession = (uri: string | undefined): Promise<string> => {
    const known = sessions.get(uri);
    if (known) return known;
    const from = uri === undefined ? { base_model: model.name } : { model_path: uri };
    const body = { session_id, sampling_session_seq_id: samplers++, ...from };
    const opened = call('create_sampling_session', {
      ...body,
      type: 'create_sampling_session',
    }).then((said) => (said as { sampling_session_id: string }).sampling_session_id);
    sessions.set(uri, opened);
    return opened;
  };
  return {
    ...{ url: server.url, base: model.name, maxLength: model.maxLength },
    async createModel({ rank, seed }, from) {
      const lora_config = { rank, seed, train_unembed: false, train_mlp: true, train_attn: true };
      const head = { session_id, model_seq_id: models++, base_model: model.name };
      const created = (await call('create_model', {
        ...head,
        lora_config,
        type: 'create_model',
      })) as Pending;
      const made = (await settled(created)) as Pending;
      const own = remoteModel(String(made.model_id ?? created.model_id), { later });
      if (from) await own.load(from);
      return own;
    },
    async sample({ uri, prompt, signal, ...asked }) {
      const session = await samplingSession(uri);
      const number = numbers.get(session) ?? 0;
      numbers.set(session, number + 1);
      const { maxTokens: max_tokens, temperature, seed, stop, promptLogprobs = false } = asked;
      const body = {
        ...{ num_samples: 1, prompt: { chunks: [{ type: 'encoded_text', tokens: prompt }] } },
        sampling_params: { max_tokens, temperature, seed, stop, top_k: -1, top_p: 1 },
        ...{ prompt_logprobs: promptLogprobs, sampling_session_id: session, seq_id: number },
        type: 'sample',
      };
      return decodeSample(bytesOf(await later('asample', body, signal), 'asample'));
    },
    async archive(uri) {
      const path = `${pathOf(uri)}/archive`;
      return bytesOf(await call(path), path);
    },
    async remove(uri) {
      sessions.delete(uri);
      const request = { method: 'DELETE' as const, final: [404, 405, 500, 501] };
      await httpRequest(server, `/api/v1/${pathOf(uri, 'sampler_weights')}`, request).catch(
        () => {},
      );
    },
    close: () => clearInterval(beat),
  };
}

/** Of a checkpoint as a resource; a server may leave the kind of a sampler's out of its path. */
function pathOf(uri: string, usual?: string): string {
  const [, id, kind = usual, name] = /^tinker:\/\/([^/]+)\/(?:([^/]+)\/)?([^/]+)$/.exec(uri) ?? [];
  return `training_runs/${id}/checkpoints/${kind ? `${kind}/${name}` : name}`;
}

const bytesOf = (result: unknown, what: string): Uint8Array => {
  if (result instanceof Uint8Array) return result;
  throw new Error(`engine: ${what} was answered with JSON where a message was expected.`);
};

interface Calls {
  later(path: string, body: object): Promise<unknown>;
}

function remoteModel(id: string, { later }: Calls) {
  let seq = 0;
  const ofModel = (path: string, body: object): Promise<unknown> =>
    later(path, { model_id: id, seq_id: ++seq, ...body, type: path });
  return {
    id,
    async forwardBackward(data: readonly Datum[], { lossFn, forwardOnly = false }: RemoteLoss) {
      const request = { modelId: id, seqId: ++seq, data, lossFn, lossConfig: {}, forwardOnly };
      const message = new Uint8Array(encodeForwardBackward(request));
      return decodeForwardBackwardOutput(
        bytesOf(await later('forward_backward', message), 'forward_backward'),
      );
    },
    async optimStep(adam_params: AdamParams) {
      const said = (await ofModel('optim_step', { adam_params })) as {
        metrics?: Record<string, number>;
      };
      return said.metrics ?? {};
    },
    async save(path: string, kind: 'weights' | 'sampler') {
      const call = kind === 'weights' ? 'save_weights' : 'save_weights_for_sampler';
      return ((await ofModel(call, { path })) as { path: string }).path;
    },
    load: ({ uri: path, optimizer }: { uri: string; optimizer: boolean }) =>
      ofModel('load_weights', { path, optimizer }),
    unload: async () => void (await later('unload_model', { model_id: id, type: 'unload_model' })),
  };
}

async function servedModel(
  { url }: ServerOptions,
  { supported_models: models = [] }: Capabilities,
  wanted: string | undefined,
): Promise<{ name: string; maxLength: number }> {
  const names = models.flatMap(({ model_name }) => model_name ?? []);
  const [only] = names;
  const name = wanted ?? (names.length === 1 ? only : undefined);
  const found = models.find(({ model_name }) => model_name === name);
  if (name !== undefined && found)
    return { name, maxLength: found.max_context_length ?? Number.POSITIVE_INFINITY };
  throw new Error(
    `engine: ${url} has ${names.length === 0 ? 'no model' : names.join(', ')}. Say with --engine-model which of them is trained${wanted === undefined ? '' : `, ${wanted} is none`}.`,
  );
}
