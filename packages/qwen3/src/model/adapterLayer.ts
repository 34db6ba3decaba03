import { constant, linear, type Weight } from '@molrl/tensor-gpu';
import {
  add,
  div,
  mul,
  reshape,
  slice,
  sqrt,
  sum,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import type { Adapter } from './adapter.ts';
import type { Qwen3Config } from './qwen3Config.ts';

/** What an adapter adds to one linear layer. */
export interface AdapterLayer {
  /** A, `[r, in]`. */
  down: Tensor;
  /** B, `[out, r]`. */
  up: Tensor;
  scaling: number;
  /** DoRA's lengths of rows, `[out]`. */
  magnitude?: Tensor;
  /** Squared lengths of the rows of the frozen weight, `[out]`; there with `magnitude`. */
  rowNorms?: Tensor;
}

/** What is read of a model. */
export interface AdaptedModel {
  readonly config: Qwen3Config;
  adapter: Adapter | undefined;
  /** A vector. */
  weight(name: string): Tensor;
  /** A matrix, in the heap or frozen. */
  matrix(name: string): Weight;
}

/**
 * A, B and the scaling of a layer, by its full name; undefined where the adapter is off or leaves the layer alone.
 *
 * The experts of a layer lie in one pair, as PEFT has them: R rows of A for each expert, and of B, whose gate and up
 * projections lie one below the other, every E-th column.
 */
export function adapterLayer(model: AdaptedModel, name: string): AdapterLayer | undefined {
  const { adapter } = model;
  if (!adapter?.enabled) return undefined;
  checkBinding(model, adapter);
  const settings = adapter.layers[name];
  if (settings) {
    const magnitude = adapter.parameters[`${name}.lora_magnitude_vector`];
    const rowNorms = adapter.rowNorms[name];
    return {
      down: parameter(adapter, `${name}.lora_A.weight`),
      up: parameter(adapter, `${name}.lora_B.weight`),
      scaling: settings.scaling,
      ...(magnitude && rowNorms && { magnitude, rowNorms }),
    };
  }
  const [, experts, index, part] =
    /^(.*\.mlp\.experts)\.(\d+)\.(gate|up|down)_proj$/.exec(name) ?? [];
  if (experts === undefined) return undefined;
  return expertLayer(model, adapter, { experts, index: Number(index), part: part as ExpertPart }); // the pattern's groups
}

type ExpertPart = 'gate' | 'up' | 'down';

/** Names of the stacks of a layer's experts that are adapted as one. */
export const EXPERT_STACKS = ['gate_up_proj', 'down_proj'] as const;

/** Where a stack's pair lies: PEFT wraps one around the other, gate and up inside. */
export function stackName(layers: Adapter['layers'], stack: string): string {
  const experts = stack.slice(0, stack.lastIndexOf('.'));
  const isInside = stack.endsWith('.gate_up_proj') && `${experts}.down_proj` in layers;
  return isInside ? `${experts}.base_layer` : experts;
}

function expertLayer(
  { config }: AdaptedModel,
  adapter: Adapter,
  { experts, index, part }: { experts: string; index: number; part: ExpertPart },
): AdapterLayer | undefined {
  const stack = `${experts}.${part === 'down' ? 'down_proj' : 'gate_up_proj'}`;
  const settings = adapter.layers[stack];
  const E = config.moe?.numExperts;
  if (!settings || E === undefined) return undefined;
  const { r, scaling } = settings;
  const name = stackName(adapter.layers, stack);
  const A = parameter(adapter, `${name}.lora_A.weight`);
  const B = parameter(adapter, `${name}.lora_B.weight`);
  const rows = B.shape[0]! / (part === 'down' ? 1 : 2);
  const own = slice(
    reshape(B, [B.shape[0]!, r, E]),
    [part === 'up' ? rows : 0, 0, index],
    [rows, r, 1],
  );
  return {
    down: slice(A, [index * r, 0], [r, A.shape[1]!]),
    up: reshape(own, [rows, r]),
    scaling,
  };
}

function parameter({ parameters, name: adapter }: Adapter, name: string): Tensor {
  const found = parameters[name];
  if (found) return found;
  throw new Qwen3Error('option', `forward: the adapter '${adapter}' lacks ${name}.`);
}

/** What DoRA multiplies the rows of W + scaling B A with, `[out]`; undefined without it. */
export function rowScale(weight: Weight, layer: AdapterLayer): Tensor | undefined {
  const { magnitude, rowNorms } = layer;
  return magnitude && rowNorms && div(magnitude, adaptedRowNorms(weight, { ...layer, rowNorms }));
}

/**
 * `||W + scaling B A||` of every row, without the sum itself, as a constant: DoRA's gradient does not go through it.
 *
 *     ||w + s b A||^2 = ||w||^2 + 2 s b (A w) + s^2 b (A A^T) b^T
 *
 * @see Liu et al. 2024, DoRA, section 4.3: https://arxiv.org/abs/2402.09353
 */
function adaptedRowNorms(weight: Weight, layer: AdapterLayer & { rowNorms: Tensor }): Tensor {
  const { down, up, scaling, rowNorms } = layer;
  const cross = sum(mul(up, transpose(linear(down, weight))), 1);
  const own = sum(mul(linear(up, linear(down, down)), up), 1);
  const squares = add(rowNorms, add(mul(cross, 2 * scaling), mul(own, scaling * scaling)));
  return constant(sqrt(squares));
}

const bound = new WeakMap<Adapter, AdaptedModel>();

/** @throws {Qwen3Error} `option` for an adapter that would change nothing: none of its layers is in the model. */
function checkBinding(model: AdaptedModel, adapter: Adapter): void {
  if (bound.get(adapter) === model) return;
  const names = Object.keys(adapter.layers);
  const isThere = (name: string): boolean => {
    try {
      model.matrix(
        `${name.replace(/\.experts\.(gate_up|down)_proj$/, '.experts.0.down_proj')}.weight`,
      );
      return true;
    } catch {
      return false;
    }
  };
  if (!names.some(isThere)) {
    throw new Qwen3Error(
      'option',
      `forward: the adapter '${adapter.name}' fits no layer of this model (it names ${names.slice(0, 3).join(', ') || 'none'}): it would change nothing. Load it on its own base.`,
    );
  }
  bound.set(adapter, model);
}
