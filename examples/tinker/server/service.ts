import { randomBytes, randomInt } from 'node:crypto';
import {
  type LinearModule,
  loadAdapter,
  type Qwen3,
  setAdapter,
  type Tokenizer,
} from '@molrl/qwen3';
import { RequestError } from '../../server/requestError.ts';
import type { AdamParams } from '../protocol/adamParams.ts';
import type { ForwardBackwardRequest } from '../protocol/forwardBackward.ts';
import { type CheckpointInfo, type Checkpoints, checkpointsIn } from './checkpoints.ts';
import { jobQueue } from './jobQueue.ts';
import type { Reduction } from './reduction.ts';
import type { SampleRequest } from './requests.ts';
import { checkPrompt, sampleTokens } from './sampling.ts';
import { type TrainedAdapter, trainedAdapter } from './trainedAdapter.ts';

export interface ServiceOptions {
  model: Qwen3;
  /** What clients call it. */
  name: string;
  tokenizer?: Tokenizer | undefined;
  /** Folder of the checkpoints. */
  folder: string;
  /** Default `'sum'`. */
  reduction?: Reduction | undefined;
  /** Largest rank of an adapter. Default 128. */
  maxRank?: number | undefined;
  /** Adapters that are trained at once. Default 16. */
  maxModels?: number | undefined;
}

/** What a model is made of. */
export interface ModelOptions {
  base_model: string;
  lora_config: {
    rank: number;
    seed?: number | null | undefined;
    train_mlp: boolean;
    train_attn: boolean;
  };
}

const ATTENTION = ['q_proj', 'k_proj', 'v_proj', 'o_proj'] as const satisfies LinearModule[];
const MLP = ['gate_proj', 'up_proj', 'down_proj'] as const satisfies LinearModule[];
/** Sampler checkpoints that stay in memory beside the adapters that are trained. */
const MOST_SAMPLERS = 8;
/** Unnamed sampler checkpoints of a model that stay on disk. */
const MOST_SNAPSHOTS = 16;

interface ServedModel extends TrainedAdapter {
  info: CheckpointInfo;
  /** Nothing was asked of it yet. */
  isFresh: boolean;
  snapshots: string[];
}

/** Models that are trained and sampled from, without sessions and futures. All work is done in the order in which it is asked for. */
export function tinkerService(options: ServiceOptions) {
  const { model, name, tokenizer, reduction = 'sum', maxRank = 128, maxModels = 16 } = options;
  const queue = jobQueue();
  const checkpoints: Checkpoints = checkpointsIn(options.folder);
  const models = new Map<string, ServedModel>();
  const samplers = new Map<string, Promise<void>>(); // loaded adapters by uri, the latest last

  const find = (modelId: string): ServedModel => {
    const found = models.get(modelId);
    if (found) return found;
    throw new RequestError(
      404,
      `There is no model ${modelId}: it was unloaded, or is of an earlier start.`,
    );
  };
  const use = (modelId: string): ServedModel => {
    const found = find(modelId);
    found.isFresh = false;
    return found;
  };
  const checkBase = (wanted: string): void => {
    if (wanted === name) return;
    throw new RequestError(400, `base_model is '${wanted}', served is '${name}'.`);
  };
  /** The adapter of a checkpoint, loaded where it is not. */
  const showSampler = async (uri: string): Promise<void> => {
    const loading =
      samplers.get(uri) ??
      checkpoints.folderOf(uri).then((folder) => loadAdapter(model, folder, { name: uri }));
    samplers.delete(uri);
    samplers.set(uri, loading);
    await loading.catch((error: unknown) => {
      samplers.delete(uri);
      throw error;
    });
    for (const oldest of samplers.keys()) {
      if (samplers.size <= MOST_SAMPLERS) break;
      samplers.delete(oldest);
      model.adapters.get(oldest)?.dispose();
    }
    setAdapter(model, uri);
  };
  const add = (modelId: string, { base_model, lora_config: lora }: ModelOptions): ServedModel => {
    const { rank, train_mlp, train_attn } = lora;
    const targets = [...(train_attn ? ATTENTION : []), ...(train_mlp ? MLP : [])];
    const seed = lora.seed ?? randomInt(2 ** 31);
    const own = trainedAdapter(model, { name: modelId, rank, seed, targets, reduction });
    const info: CheckpointInfo = {
      ...{ base_model, is_lora: true, lora_rank: rank },
      ...{ train_unembed: false, train_mlp, train_attn },
    };
    const served = { ...own, info, isFresh: true, snapshots: [] };
    models.set(modelId, served);
    return served;
  };
  const check = ({
    base_model,
    lora_config: { rank, train_mlp, train_attn },
  }: ModelOptions): void => {
    checkBase(base_model);
    if (rank > maxRank)
      throw new RequestError(400, `LoRA rank ${rank} must be between 1 and ${maxRank}`);
    if (!train_mlp && !train_attn)
      throw new RequestError(
        400,
        'lora_config trains neither train_mlp nor train_attn: nothing would be left.',
      );
    if (models.size >= maxModels)
      throw new RequestError(429, `${models.size} models are trained here already. Unload one.`);
  };
  return {
    ...{ name, model, tokenizer, checkpoints, find, checkBase },
    /** @throws {RequestError} before the promise, for what cannot be; so do all of these. */
    createModel(modelId: string, asked: ModelOptions): Promise<ServedModel> {
      check(asked);
      return queue.run(async () => {
        check(asked); // others may have come first
        return add(modelId, asked);
      });
    },
    /** A model from a checkpoint, which says what it is. */
    createFrom: (modelId: string, { path, optimizer }: { path: string; optimizer: boolean }) =>
      queue.run(async () => {
        const { lora_rank: rank, train_mlp, train_attn, base_model } = await checkpoints.info(path);
        const asked = { base_model, lora_config: { rank, train_mlp, train_attn } };
        check(asked);
        const { weights, state } = await checkpoints.load(path);
        add(modelId, asked).restore(weights, optimizer ? state : undefined);
      }),
    loadWeights(modelId: string, { path, optimizer }: { path: string; optimizer: boolean }) {
      const served = find(modelId);
      if (!served.isFresh)
        throw new RequestError(
          400,
          'load_weights is possible as the first request of a model only.',
        );
      served.isFresh = false;
      return queue.run(async () => {
        const { weights, state } = await checkpoints.load(path);
        served.restore(weights, optimizer ? state : undefined);
      });
    },
    forwardBackward(request: ForwardBackwardRequest) {
      const served = use(request.modelId);
      if (request.data.length === 0) throw new RequestError(400, 'The request has no datum.');
      return queue.run(() => served.forwardBackward(request));
    },
    optimStep(modelId: string, params: AdamParams) {
      const served = use(modelId);
      return queue.run(() => served.optimStep(params));
    },
    saveWeights(modelId: string, asked: { path: string; overwrite: boolean }): Promise<string> {
      const served = use(modelId);
      const { path: named, overwrite } = asked;
      const where = { modelId, kind: 'weights' as const, name: named };
      return queue.run(() =>
        checkpoints.save(model, served, { ...where, info: served.info, overwrite }),
      );
    },
    /** @param named - none: a snapshot, of which the last ones stay. */
    saveForSampler(modelId: string, named: string | undefined): Promise<string> {
      const served = use(modelId);
      return queue.run(async () => {
        const { snapshots, info } = served;
        const own = named ?? `snapshot-${randomBytes(8).toString('hex')}`;
        const where = { modelId, kind: 'sampler_weights' as const, name: own };
        const uri = await checkpoints.save(model, served, { ...where, info });
        if (named !== undefined) return uri;
        snapshots.push(uri);
        const gone = snapshots.at(-1 - MOST_SNAPSHOTS);
        if (gone !== undefined) await checkpoints.remove(gone);
        return uri;
      });
    },
    /** @param uri - none: from the base. */
    sample(uri: string | undefined, request: SampleRequest, signal: AbortSignal) {
      checkPrompt(model, request);
      return queue.run(async () => {
        signal.throwIfAborted();
        if (uri === undefined) setAdapter(model, null);
        else await showSampler(uri);
        return sampleTokens(model, request, { tokenizer, signal });
      }, uri ?? 'the base');
    },
    /** After what was asked before: completions of it may be under way. */
    removeCheckpoint: (uri: string): Promise<void> =>
      queue.run(async () => {
        await checkpoints.remove(uri);
        if (samplers.delete(uri)) model.adapters.get(uri)?.dispose();
      }),
    /** What was asked of it before is done first. */
    unload(modelId: string): Promise<void> {
      const served = find(modelId);
      models.delete(modelId);
      return queue.run(async () => {
        served.dispose();
        for (const uri of served.snapshots.slice(-MOST_SNAPSHOTS)) await checkpoints.remove(uri);
      });
    },
    modelIds: (): string[] => [...models.keys()],
  };
}

export type TinkerService = ReturnType<typeof tinkerService>;
