import { RequestError } from '../../server/requestError.ts';
import {
  decodeForwardBackward,
  encodeForwardBackwardOutput,
  type ForwardBackwardRequest,
} from '../protocol/forwardBackward.ts';
import { encodeSample } from '../protocol/sample.ts';
import type { Futures, Result } from './futures.ts';
import { type OnceEach, onceEach } from './onceEach.ts';
import * as requests from './requests.ts';
import { parse } from './requests.ts';
import type { TinkerService } from './service.ts';
import type { Sessions } from './sessions.ts';

/** What came, as far as a route reads it. */
export interface Incoming {
  /** JSON, or undefined where the body is a message. */
  json: unknown;
  bytes: Uint8Array;
}

/** What a route answers: JSON, a message, or `undefined` for "not yet". */
export type Route = (request: Incoming) => Promise<Result | undefined>;

export interface RoutesOptions {
  service: TinkerService;
  sessions: Sessions;
  futures: Futures;
}

/** What clients may find switched on is off: chunks come one after the other, results are asked for one by one. */
const CONFIG = { pjwt_auth_enabled: false, parallel_fwdbwd_chunks: false };

/** The calls of the API, by method and path without `/api/v1/`. */
export function routesOf({ service, sessions, futures }: RoutesOptions): Record<string, Route> {
  const once: OnceEach<object> = onceEach();
  const { name, model } = service;

  /** Starts it; a repeated request gets the id of the first. */
  const later = (
    { bytes }: Incoming,
    { key, seq, modelId }: { key: string; seq: number | undefined; modelId?: string },
    start: () => { job: (signal: AbortSignal) => Promise<Result>; said?: object },
  ): Promise<object> =>
    once.answer(seq === undefined ? undefined : `seq_id ${seq} of ${key}`, bytes, async () => {
      if (modelId !== undefined) {
        service.find(modelId);
        sessions.inOrder(modelId, seq);
      }
      const { job, said } = start();
      const id = futures.start(job);
      return { ...said, future_id: id, request_id: id, status: 'pending' };
    });
  /** A request of a model. */
  const ofModel = (
    request: Incoming,
    { model_id: modelId, seq_id: seq }: { model_id: string; seq_id?: number | undefined },
    work: () => Promise<Result>,
  ): Promise<object> =>
    later(request, { key: modelId, modelId, seq }, () => {
      const result = work(); // what cannot be is refused at once
      return { job: () => result, said: { model_id: modelId } };
    });

  const forwardBackward = (request: Incoming, isForward = false): Promise<object> => {
    const asked = readForwardBackward(request, isForward);
    const { modelId: model_id, seqId: seq_id } = asked;
    // a message has seq_id 0 where it has none
    return ofModel(request, { model_id, ...(seq_id > 0 && { seq_id }) }, async () =>
      encodeForwardBackwardOutput(await service.forwardBackward(asked)),
    );
  };
  return {
    'GET healthz': async () => ({ status: 'ok' }),
    'POST client/config': async () => CONFIG,
    'POST client/dynamic_config': async () => ({ sample_cancel_enabled: true }),
    'POST telemetry': async () => ({ status: 'accepted' }),
    'GET get_server_capabilities': async () => ({
      supported_models: [
        {
          ...{ model_name: name, max_context_length: model.config.maxPositionEmbeddings },
          ...{ trainable: true, sampleable: true },
        },
      ],
    }),
    'POST create_session': async ({ json }) => {
      parse(requests.createSession, json);
      return { type: 'create_session', session_id: sessions.open() };
    },
    'POST session_heartbeat': async ({ json }) => {
      sessions.beat(parse(requests.bySession, json).session_id);
      return { type: 'session_heartbeat' };
    },
    'POST create_model': (request) => {
      const asked = parse(requests.createModel, request.json);
      const { session_id, model_seq_id: seq } = asked;
      sessions.beat(session_id);
      return later(request, { key: `models of ${session_id}`, seq }, () => {
        const modelId = sessions.modelId(session_id, seq);
        const made = service.createModel(modelId, asked);
        sessions.addModel(session_id, modelId);
        const said = { type: 'create_model', model_id: modelId, base_model: name };
        const job = () =>
          made.then(({ info }) => ({ ...said, lora_config: { ...asked.lora_config, ...info } }));
        return { job, said };
      });
    },
    'POST load_weights': (request) => {
      const asked = parse(requests.loadWeights, request.json);
      if ('model_id' in asked) {
        return ofModel(request, asked, async () => {
          await service.loadWeights(asked.model_id, asked);
          return { type: 'load_weights', path: asked.path };
        });
      }
      const { session_id, model_seq_id: seq } = asked;
      sessions.beat(session_id);
      return later(request, { key: `models of ${session_id}`, seq }, () => {
        const modelId = sessions.modelId(session_id, seq);
        const made = service.createFrom(modelId, asked);
        sessions.addModel(session_id, modelId);
        const said = { type: 'load_weights', model_id: modelId, path: asked.path };
        return { job: () => made.then(() => said), said };
      });
    },
    'POST get_info': async ({ json }) => {
      const { model_id } = parse(requests.byModel, json);
      const { info } = service.find(model_id);
      const { modelType: arch = 'qwen3' } = model.config;
      return {
        ...{
          type: 'get_info',
          model_id,
          model_name: name,
          is_lora: true,
          lora_rank: info.lora_rank,
        },
        model_data: { arch, model_name: name, tokenizer_id: model.folder ?? name },
      };
    },
    'POST forward_backward': (request) => forwardBackward(request),
    'POST forward': (request) => forwardBackward(request, true),
    'POST optim_step': (request) => {
      const asked = parse(requests.optimStep, request.json);
      return ofModel(request, asked, async () => {
        const { gradNorm } = await service.optimStep(asked.model_id, asked.adam_params);
        const { learning_rate } = asked.adam_params;
        return { type: 'optim_step', metrics: { grad_norm: gradNorm, learning_rate } };
      });
    },
    'POST save_weights': (request) => {
      const asked = parse(requests.saveWeights, request.json);
      return ofModel(request, asked, async () => ({
        ...{ type: 'save_weights', path: await service.saveWeights(asked.model_id, asked) },
      }));
    },
    'POST save_weights_for_sampler': (request) => {
      const asked = parse(requests.saveForSampler, request.json);
      const { model_id, path, sampling_session_seq_id: seq } = asked;
      return ofModel(request, asked, async () => {
        const uri = await service.saveForSampler(model_id, path ?? undefined);
        if (path) return { type: 'save_weights_for_sampler', path: uri };
        const sessionId = model_id.replace(/:train:\d+$/, '');
        const id = sessions.openSampling(sessionId, uri, seq);
        return { type: 'save_weights_for_sampler', path: null, sampling_session_id: id };
      });
    },
    'POST create_sampling_session': async (request) => {
      const asked = parse(requests.createSamplingSession, request.json);
      const uri = await sampledUri(asked);
      const { session_id, sampling_session_seq_id: seq } = asked;
      const id = sessions.openSampling(session_id, uri, seq);
      return { type: 'create_sampling_session', sampling_session_id: id };
    },
    'POST asample': async (request) => {
      const asked = parse(requests.sample, request.json);
      const { sampling_session_id: session, seq_id, num_samples: count } = asked;
      const uri = session ? sessions.sampling(session).uri : await sampledUri(asked);
      const seq = session ? seq_id : undefined;
      return later(request, { key: session ?? '', seq }, () => ({
        job: async (signal) => encodeSample(await service.sample(uri, asked, signal)),
        said: {
          sample_sequence_ids: Array.from({ length: count }, () => crypto.randomUUID()),
        },
      }));
    },
    'POST retrieve_future': ({ json }) =>
      futures.retrieve(parse(requests.byRequest, json).request_id),
    'POST cancel_future': async ({ json }) => {
      futures.cancel(parse(requests.byRequest, json).request_id);
      return {};
    },
    'POST unload_model': async (request) => {
      const { model_id } = parse(requests.byModel, request.json);
      const gone = service.unload(model_id);
      sessions.removeModel(model_id);
      const said = { type: 'unload_model', model_id, status: 'unloaded' };
      return later(request, { key: model_id, seq: undefined }, () => ({
        ...{ job: () => gone.then(() => said), said },
      }));
    },
    'POST weights_info': ({ json }) =>
      service.checkpoints.info(parse(requests.weightsInfo, json).tinker_path),
  };

  async function sampledUri(asked: {
    model_path?: string | null | undefined;
    base_model?: string | null | undefined;
  }): Promise<string | undefined> {
    const { model_path: uri, base_model: base } = asked;
    if (base) service.checkBase(base);
    if (uri) await service.checkpoints.folderOf(uri);
    if (!uri && !base)
      throw new RequestError(
        400,
        'Say what to sample from: model_path, base_model or sampling_session_id.',
      );
    return uri ?? undefined;
  }
}

/** A message, or the same in JSON. */
function readForwardBackward(
  { json, bytes }: Incoming,
  isForward: boolean,
): ForwardBackwardRequest {
  if (json === undefined) {
    const asked = decodeForwardBackward(bytes);
    return { ...asked, forwardOnly: isForward || asked.forwardOnly };
  }
  const asked = parse(requests.forwardBackward, json);
  const { data, loss_fn: lossFn, loss_fn_config: lossConfig } = asked.forward_backward_input;
  return {
    ...{ modelId: asked.model_id, seqId: asked.seq_id ?? 0, lossFn, lossConfig: lossConfig ?? {} },
    data: data.map(({ model_input, loss_fn_inputs }) => ({
      tokens: Int32Array.from(model_input.chunks.flatMap(({ tokens }) => tokens)),
      lossInputs: Object.fromEntries(
        Object.entries(loss_fn_inputs).map(([key, given]) => [
          key,
          Array.isArray(given) ? given : given.data,
        ]),
      ),
    })),
    forwardOnly: isForward,
  };
}
