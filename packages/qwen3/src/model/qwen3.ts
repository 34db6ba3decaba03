import type { MappedTensor, Weight } from '@molrl/tensor-gpu';
import { keep, type Tensor, tensor2d, type Variable } from '@tensorflow/tfjs-core';
import { resolve } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { Adapter } from './adapter.ts';
import { forward } from './forward.ts';
import type { ForwardInput } from './inputTensors.ts';
import type { LanguageModel } from './languageModel.ts';
import { parameterShapes } from './parameterShapes.ts';
import type { Qwen3Config } from './qwen3Config.ts';
import { ropeTables } from './ropeTables.ts';

/** Rotary tables grow by doubling; this is the first size. */
const FIRST_POSITIONS = 256;

/** What a model is made of; it owns the weights from then on. */
export interface Qwen3Weights {
  parameters: Record<string, Variable>;
  frozen?: Readonly<Record<string, MappedTensor>> | undefined;
  folder?: string | undefined;
}

/**
 * A language model of one of the families of `MODEL_TYPES`, Qwen3 the first of them: weights and the forward pass. It owns
 * its weights until `dispose()`.
 *
 * Make one with {@link loadModel} or {@link createQwen3}.
 */
export class Qwen3 implements LanguageModel {
  readonly config: Qwen3Config;
  /** The weights in the heap of the back end, under their Hugging Face names, in the order of the forward pass. */
  readonly parameters: Record<string, Variable>;
  /** Matrices that stay as their file has them (`loadModel(…, { frozen: true })`), by name. They are never trained. */
  readonly frozen: Readonly<Record<string, MappedTensor>>;
  /** Where `loadModel` found the model; `saveModel` takes the tokenizer's files along from there. */
  readonly folder: string | undefined;
  /** The adapter that acts, the last of `addLora`, `loadAdapter` and `setAdapter`; undefined: the base. */
  adapter: Adapter | undefined;
  /** Every adapter of the model, by name. */
  readonly adapters: Map<string, Adapter> = new Map();
  #tables: { positions: number; cos: Tensor; sin: Tensor } | undefined;

  /** Not with a sliding window: there the distance of two tokens counts, which a tree of prefixes does not keep. */
  get sharesPrefixes(): boolean {
    return this.config.slidingWindow === undefined;
  }

  constructor(config: Qwen3Config, { parameters, frozen = {}, folder }: Qwen3Weights) {
    this.config = config;
    this.parameters = parameters;
    this.frozen = frozen;
    this.folder = folder === undefined ? undefined : resolve(folder); // the program may change its directory
  }

  /**
   * What an optimiser should move: the adapter's A and B where there is one, else every weight.
   *
   * @throws {Qwen3Error} `option` if the weights are frozen and there is no adapter.
   */
  trainable(): Record<string, Variable> {
    if (this.adapter) return this.adapter.parameters;
    if (Object.keys(this.frozen).length === 0) return this.parameters;
    throw new Qwen3Error(
      'option',
      'Qwen3.trainable: the weights are frozen. Train an adapter (addLora), or load the model without { frozen: true }.',
    );
  }

  /**
   * Hidden states after the final norm, `[B, T, H]`. Multiply by `head()` for logits, or give both to
   * tensor-gpu's `lmHead`, which never holds `[tokens, vocabulary]`.
   *
   * Rows of padding (`segmentIds` -1) hold finite values without meaning.
   *
   * @throws {Qwen3Error} `shape` if the arrays do not fit B and T, `option` if an id is outside the vocabulary.
   */
  forward(input: ForwardInput): Tensor {
    return forward(this, input);
  }

  /** The output matrix `[V, H]`; of a tied model this is the embedding. The model keeps ownership. */
  head(): Weight {
    const own = 'lm_head.weight';
    const { parameters, frozen } = this;
    return frozen[own] ?? parameters[own] ?? this.matrix('model.embed_tokens.weight');
  }

  /** A matrix by its full name, in the heap or frozen. @throws {Qwen3Error} `option` if there is none. */
  matrix(name: string): Weight {
    const found = this.frozen[name];
    return found && Object.hasOwn(this.frozen, name) ? found : this.weight(name);
  }

  /** Every weight, in the heap or frozen, in the order of the forward pass. */
  weights(): Record<string, Weight> {
    const names = Object.keys(parameterShapes(this.config));
    const own = new Set([...Object.keys(this.parameters), ...Object.keys(this.frozen)]);
    const all = new Set([...names, ...own].filter((name) => own.has(name)));
    return Object.fromEntries([...all].map((name) => [name, this.matrix(name)]));
  }

  /** A weight of the heap by its full name. @throws {Qwen3Error} `option` if there is none, or it is frozen. */
  weight(name: string): Variable {
    const found = this.parameters[name];
    if (found && Object.hasOwn(this.parameters, name)) return found;
    if (Object.hasOwn(this.frozen, name)) {
      throw new Qwen3Error(
        'option',
        `Qwen3.weight: ${name} is frozen and not in the heap. Read it with matrix(name).`,
      );
    }
    throw new Qwen3Error(
      'option',
      `Qwen3.weight: there is no ${showValue(name)}. Names are those of Hugging Face checkpoints.`,
    );
  }

  /** Rotary tables `[P, headDim / 2]` with at least `positions` rows. The model keeps ownership. */
  rotary(positions: number): { cos: Tensor; sin: Tensor } {
    if (!this.#tables || this.#tables.positions < positions) {
      let size = FIRST_POSITIONS;
      while (size < positions) size *= 2;
      this.#disposeTables();
      const { headDim, ropeTheta: theta, ropeScaling: scaling } = this.config;
      const { cos, sin } = ropeTables({ headDim, theta, positions: size, scaling });
      const shape: [number, number] = [size, headDim / 2];
      this.#tables = {
        positions: size,
        cos: keep(tensor2d(cos, shape)),
        sin: keep(tensor2d(sin, shape)),
      };
    }
    return this.#tables;
  }

  /** Frees every weight, the adapter's included. */
  dispose(): void {
    for (const variable of Object.values(this.parameters)) variable.dispose();
    for (const weight of Object.values(this.frozen)) weight.dispose();
    for (const adapter of this.adapters.values()) adapter.dispose();
    this.#disposeTables();
  }

  #disposeTables(): void {
    this.#tables?.cos.dispose();
    this.#tables?.sin.dispose();
    this.#tables = undefined;
  }
}
