import { type CacheDtype, decodeMemory, type StoredDtype } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import { checkBoolean, checkChoice, checkInteger, checkOptionNames } from '../base/optionChecks.ts';
import { LINEAR_MODULES } from '../model/layerDescription.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { OPTIMIZERS, type OptimizerName, optimizerMemory } from './optimizerMemory.ts';
import { trainingMemory } from './trainingMemory.ts';
import { weightMemory } from './weightMemory.ts';

export interface PlanMemoryOptions {
  /** Rank of a LoRA adapter on all linear layers. Default 0: every weight is trained. */
  loraRank?: number | undefined;
  /**
   * How the file of a model that is loaded with `frozen` has its matrices, which then lie outside the heap. Default `null`:
   * every weight is float32 in the heap.
   */
  frozen?: StoredDtype | null | undefined;
  /** A training step. Default: none is planned. */
  train?:
    | {
        /** How many go through the model at once. */
        tokens: number;
        /** Layers are computed again in the backward pass. Default `false`. */
        gradientCheckpointing?: boolean | undefined;
        /** Whose moments are kept. Default `'adamw'`. */
        optimizer?: OptimizerName | undefined;
        /**
         * A reference that is scored beside the policy (`ref` of `scoreTargets`): `'adapterOff'`, the model itself without
         * its adapter, or `'copy'`, a model of its own, which is there while sampling too. Default: none.
         */
        ref?: 'adapterOff' | 'copy' | undefined;
        /** A KL to it over the whole vocabulary (`kl` of `scoreTargets`). Default `false`. */
        kl?: boolean | undefined;
      }
    | undefined;
  /** Sampling: sequences in flight, and their longest prompt and completion. Default: none is planned. */
  generate?:
    | {
        rows: number;
        promptTokens: number;
        maxTokens: number;
        /** Default `'f32'`. */
        cacheDtype?: CacheDtype | undefined;
      }
    | undefined;
  /** Bytes that may be used, to say what fits into them. Default 4 GiB less 64 KiB, the engine's heap. */
  limit?: number | undefined;
}

/** Bytes, all of them estimates. */
export interface MemoryPlan {
  /** Each part that is not 0. Those of training and of sampling are not there at the same time. */
  parts: {
    /** float32 of the heap, the adapter's included. */
    weights: number;
    /** What the optimizer keeps of each trained weight. Bytes of `adamw8bit` lie outside the heap and are in no sum. */
    optimizer: number;
    gradients: number;
    /** What the tape holds between forward and backward pass. */
    activations: number;
    /** The chunks of the head and what a backward pass works with. */
    working: number;
    /** Weights of a reference that is a copy, its states of the targets, and its chunk of the head for a KL. */
    reference: number;
    /** Rows in flight of the sampler. */
    buffers: number;
    /** Keys and values. */
    cache: number;
  };
  /** Most at once, while training and while sampling; 0 where none is planned. */
  train: number;
  generate: number;
  /** The larger of the two, or the weights. */
  peak: number;
  /** Frozen matrices, outside the heap: pages of a file, which the system may drop and read again. */
  mapped: number;
  limit: number;
  fits: boolean;
  /** Most tokens of a training step, and rows of the sampler, that the limit leaves room for. 0: not one. */
  largest: { trainTokens: number; generateRows: number };
}

/** A process of Node with the packages loaded, beside the heap; measured on Linux. */
export const PROCESS_BYTES: number = 210 << 20;

/**
 * What a run will need, by part, before anything is allocated. The numbers are those of the CPU engine's heap
 * (`device.memory().peak`); the process has about {@link PROCESS_BYTES} beside it.
 *
 * @throws {Qwen3Error} `option` for a count that is none.
 *
 * @example
 * const plan = planMemory(TINY_CONFIG, { train: { tokens: 64 } });
 * plan.fits; // true
 */
export function planMemory(config: Qwen3Config, options: PlanMemoryOptions = {}): MemoryPlan {
  const { loraRank, frozen, limit, train, generate } = readOptions(options);
  const { heap: base, mapped } = weightMemory(config, frozen);
  const adapter = 4 * loraRank * adapterWidth(config);
  const trained = loraRank > 0 ? adapter : base;
  const weights = base + adapter;
  const optimizer = train ? optimizerMemory(config, { ...train, trained, loraRank }) : 0;
  const hasRef = train?.ref !== undefined;
  const ofTrain = (tokens: number) =>
    trainingMemory(config, { ...train, hasRef, tokens, loraRank, trained });
  const ofSampler = (rows: number) => samplerMemory(config, { ...generate!, rows });
  const training = train && ofTrain(train.tokens);
  const sampling = generate && ofSampler(generate.rows);
  const copy = train?.ref === 'copy' ? base : 0;
  const kept = weights + copy + (train?.optimizer === 'adamw8bit' ? 0 : optimizer);
  const trainPeak = training ? kept + training.peak : 0;
  const generatePeak = sampling ? kept + sum(sampling) : 0;
  const peak = Math.max(kept, trainPeak, generatePeak);
  const left = limit - kept;
  return {
    parts: {
      weights,
      optimizer,
      gradients: training?.gradients ?? 0,
      activations: training?.activations ?? 0,
      working: training?.working ?? 0,
      reference: copy + (training?.reference ?? 0),
      buffers: sampling?.buffers ?? 0,
      cache: sampling?.cache ?? 0,
    },
    train: trainPeak,
    generate: generatePeak,
    peak,
    mapped,
    limit,
    fits: peak <= limit,
    largest: {
      trainTokens: train ? largest((tokens) => ofTrain(tokens).peak <= left) : 0,
      generateRows: generate ? largest((rows) => sum(ofSampler(rows)) <= left) : 0,
    },
  };
}

/** Longest search, beyond which everything fits. */
const MOST = 2 ** 24;

/** The largest whole number that fits, where all smaller ones do. */
function largest(isFit: (count: number) => boolean): number {
  let [fits, fails] = [0, MOST];
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (isFit(middle)) fits = middle;
    else fails = middle;
  }
  return fits;
}

const sum = (parts: object): number =>
  Object.values(parts).reduce((total: number, bytes: number) => total + bytes, 0);

/** Rows and columns of all matrices that an adapter sits on. */
function adapterWidth(config: Qwen3Config): number {
  return linearShapes(config).reduce((total, [out, width]) => total + out + width, 0);
}

function linearShapes(config: Qwen3Config): [out: number, width: number][] {
  return Object.entries(parameterShapes(config))
    .filter(([name]) => Object.keys(LINEAR_MODULES).some((module) => name.includes(`.${module}.`)))
    .map(([, [out = 0, width = 0]]) => [out, width]);
}

function samplerMemory(config: Qwen3Config, options: NonNullable<PlanMemoryOptions['generate']>) {
  const { rows, promptTokens, maxTokens, cacheDtype = 'f32' } = options;
  const shape = {
    hidden: config.hiddenSize,
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    headDim: config.headDim,
    intermediate: config.intermediateSize,
    vocabulary: config.vocabSize,
    eps: config.rmsNormEps,
  };
  const tokens = promptTokens + maxTokens - 1; // the last one is not read
  const layers = config.numHiddenLayers;
  return decodeMemory(shape, { layers, rows, promptTokens, tokens, cacheDtype });
}

function readOptions(options: PlanMemoryOptions) {
  checkOptionNames('planMemory', options, ['loraRank', 'frozen', 'train', 'generate', 'limit']);
  const { loraRank = 0, frozen = null, train, generate, limit = 2 ** 32 - 65536 } = options;
  checkInteger('planMemory: loraRank', loraRank, [0]);
  checkInteger('planMemory: limit', limit, [1]);
  if (frozen !== null) checkChoice('planMemory: frozen', frozen, FROZEN);
  if (train) checkTrain(train, { loraRank, frozen: frozen !== null && loraRank === 0 });
  if (generate) {
    for (const name of ['rows', 'promptTokens', 'maxTokens'] as const)
      checkInteger(`planMemory: generate.${name}`, generate[name], [1]);
    const dtypes = ['f32', 'bf16', 'int8'];
    checkChoice('planMemory: generate.cacheDtype', generate.cacheDtype ?? 'f32', dtypes);
  }
  if (!train && !generate) {
    throw new Qwen3Error(
      'option',
      'planMemory: options must have train, generate or both: what is to be done with the model.',
    );
  }
  return { loraRank, frozen, train, generate, limit };
}

const FROZEN: readonly StoredDtype[] = ['f32', 'bf16', 'f16', 'q8_0', 'q4_0', 'q4_1'];

function checkTrain(
  train: NonNullable<PlanMemoryOptions['train']>,
  { loraRank, frozen: nothingTrained }: { loraRank: number; frozen: boolean },
): void {
  const { tokens, gradientCheckpointing = false, optimizer = 'adamw', ref, kl = false } = train;
  const names = ['tokens', 'gradientCheckpointing', 'optimizer', 'ref', 'kl'];
  checkOptionNames('planMemory: train', train, names);
  checkInteger('planMemory: train.tokens', tokens, [1]);
  checkBoolean('planMemory: train.gradientCheckpointing', gradientCheckpointing);
  checkChoice('planMemory: train.optimizer', optimizer, OPTIMIZERS);
  if (ref !== undefined) checkChoice('planMemory: train.ref', ref, ['adapterOff', 'copy']);
  checkBoolean('planMemory: train.kl', kl);
  if (kl && ref === undefined) {
    throw new Qwen3Error(
      'option',
      "planMemory: train.kl needs train.ref, what the KL is to: 'adapterOff' or 'copy'.",
    );
  }
  if (ref === 'adapterOff' && loraRank === 0) {
    throw new Qwen3Error(
      'option',
      "planMemory: train.ref 'adapterOff' needs loraRank >= 1: without an adapter the reference is a 'copy'.",
    );
  }
  if (nothingTrained) {
    throw new Qwen3Error(
      'option',
      'planMemory: loraRank must be >= 1 where frozen weights are to be trained: only an adapter is.',
    );
  }
}
