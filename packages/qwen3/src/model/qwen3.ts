import { resolve } from 'node:path';
import { keep, type Tensor, tensor2d, type Variable } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';
import type { Adapter } from './adapter.ts';
import { forward } from './forward.ts';
import type { ForwardInput } from './inputTensors.ts';
import type { LanguageModel } from './languageModel.ts';
import type { Qwen3Config } from './qwen3Config.ts';
import { ropeTables } from './ropeTables.ts';

/** Rotary tables grow by doubling; this is the first size. */
const FIRST_POSITIONS = 256;

/**
 * A language model of one of the families of `MODEL_TYPES`, Qwen3 the first of them: weights and the forward pass. It owns
 * its weights until `dispose()`.
 *
 * Make one with {@link loadModel} or {@link createQwen3}.
 */
export class Qwen3 implements LanguageModel {
  readonly config: Qwen3Config;
  /** Every weight under its Hugging Face name. The order is that of the forward pass. */
  readonly parameters: Record<string, Variable>;
  /** Where `loadModel` found the model; `saveModel` takes the tokenizer's files along from there. */
  readonly folder: string | undefined;
  /** The adapter that acts, the last of `addLora`, `loadAdapter` and `setAdapter`; undefined: the base. */
  adapter: Adapter | undefined;
  /** Every adapter of the model, by name. */
  readonly adapters: Map<string, Adapter> = new Map();
  #tables: { positions: number; cos: Tensor; sin: Tensor } | undefined;

  constructor(config: Qwen3Config, parameters: Record<string, Variable>, folder?: string) {
    this.config = config;
    this.parameters = parameters;
    this.folder = folder === undefined ? undefined : resolve(folder); // the program may change its directory
  }

  /** What an optimiser should move: the adapter's A and B where there is one, else every weight. */
  trainable(): Record<string, Variable> {
    return this.adapter ? this.adapter.parameters : this.parameters;
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
  head(): Tensor {
    return this.parameters['lm_head.weight'] ?? this.weight('model.embed_tokens.weight');
  }

  /** A weight by its full name. @throws {Qwen3Error} `option` if there is none. */
  weight(name: string): Variable {
    const found = this.parameters[name];
    if (found && Object.hasOwn(this.parameters, name)) return found;
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
    for (const adapter of this.adapters.values()) adapter.dispose();
    this.#disposeTables();
  }

  #disposeTables(): void {
    this.#tables?.cos.dispose();
    this.#tables?.sin.dispose();
    this.#tables = undefined;
  }
}
