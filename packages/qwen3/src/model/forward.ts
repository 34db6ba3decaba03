import {
  add,
  attention,
  checkpoint,
  embedding,
  headNormRope,
  reshape,
  rmsNorm,
  rope,
  swiglu,
  type Weight,
} from '@molrl/tensor-gpu';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { adaptedExperts } from './adaptedExperts.ts';
import { adaptedLinear, type Projection } from './adaptedLinear.ts';
import type { Adapter } from './adapter.ts';
import { balanceLoss } from './balanceLoss.ts';
import { type ForwardInput, inputTensors } from './inputTensors.ts';
import {
  type LayerDescription,
  LINEAR_MODULES,
  type LinearModule,
  layerDescription,
} from './layerDescription.ts';
import { mixtureOfExperts } from './mixtureOfExperts.ts';
import type { Qwen3Config } from './qwen3Config.ts';

/** What the forward pass reads of a model. */
export interface ForwardWeights {
  readonly config: Qwen3Config;
  adapter: Adapter | undefined;
  /** A vector by its full name: of a norm, or a bias. */
  weight(name: string): Tensor;
  /** A matrix by its full name, in the heap or frozen. */
  matrix(name: string): Weight;
  /** Rotary tables `[P, headDim / 2]` with at least `positions` rows. */
  rotary(positions: number): { cos: Tensor; sin: Tensor };
}

/** What every layer reads. */
interface Context {
  model: ForwardWeights;
  /** Where the tokens stand. */
  tables: { cos: Tensor; sin: Tensor; positions: Tensor };
  /** Which tokens see each other, as `attention` takes it: segments, or the ends of subtrees. */
  visibility: Tensor;
  attention: { causal: boolean; tree: boolean };
  /** Shows inner values by name, for tests of single layers. */
  observe: (name: string, value: Tensor) => void;
}

/** One layer: its name's beginning, and what it is made of. */
interface Layer extends LayerDescription {
  prefix: string;
}

/**
 * The decoder, from token ids to the hidden states after the final norm. What a layer has, `layerDescription` says.
 *
 *     x = embedding[ids]
 *     every layer:  x += o(attention(rope(norm(q(n(x)))), rope(norm(k(n(x)))), v(n(x))))     n: RMSNorm
 *                   x += down(silu(gate(m(x))) * up(m(x)))                                    m: RMSNorm
 *     return norm(x)
 *
 * @returns `[B, T, H]`
 * @see Qwen Team 2025, Qwen3 Technical Report: https://arxiv.org/abs/2505.09388
 */
export function forward(model: ForwardWeights, input: ForwardInput): Tensor {
  const { padTokenId, rmsNormEps: eps, numHiddenLayers, vocabSize } = model.config;
  const [hidden, balance] = tidy(() => {
    const { ids, positions, segmentIds, ends, maxPosition } = inputTensors(input, vocabSize);
    const tables = { ...model.rotary(maxPosition + 1), positions };
    const { observe = () => {}, causal = true, onBalanceLoss } = input;
    const run = input.gradientCheckpointing ? checkpointed : block;
    const context: Context = {
      ...{ model, tables, observe },
      visibility: ends ?? segmentIds,
      attention: { causal, tree: ends !== undefined },
    };
    const routers = onBalanceLoss && balanceLoss(model.config, segmentIds);
    let x: Tensor = embedding(
      model.matrix('model.embed_tokens.weight'),
      ids,
      padTokenId === null ? {} : { paddingId: padTokenId },
    );
    observe('embed', x);
    for (let index = 0; index < numHiddenLayers; index++) {
      const layer = {
        ...layerDescription(model.config, index),
        prefix: `model.layers.${index}`,
      };
      const [next, probabilities] = tidy(() => run(context, layer, x));
      x.dispose(); // what the gradients need of it, the tape holds
      x = next!;
      if (probabilities) routers?.add(probabilities);
      observe(`layers.${index}`, x);
    }
    const normed = rmsNorm(x, model.weight('model.norm.weight'), { eps });
    observe('norm', normed);
    return [normed, ...(routers ? [routers.loss()] : [])];
  });
  if (balance) input.onBalanceLoss?.(balance);
  return hidden!;
}

/** A layer that is computed once more in the backward pass, from tensors that live until then. */
function checkpointed(context: Context, layer: Layer, x: Tensor): Tensor[] {
  const { cos, sin, positions } = context.tables;
  return checkpoint(
    // biome-ignore lint/complexity/useMaxParams: one for each tensor of the list
    (input, cosine, sine, places, visibility) => {
      const tables = { cos: cosine!, sin: sine!, positions: places! };
      return block({ ...context, tables, visibility: visibility! }, layer, input!);
    },
    [x, cos, sin, positions, context.visibility],
  );
}

/** @returns the new `x` and, of a layer with experts, the router's probabilities. */
function block(context: Context, layer: Layer, x: Tensor): Tensor[] {
  const { model, observe } = context;
  const { rmsNormEps: eps } = model.config;
  const { prefix } = layer;
  const attentionInput = rmsNorm(x, model.weight(`${prefix}.input_layernorm.weight`), { eps });
  observe(`${prefix}.input_layernorm`, attentionInput);
  const afterAttention = add(x, attentionBlock(context, layer, attentionInput));
  const mlpInput = rmsNorm(
    afterAttention,
    model.weight(`${prefix}.post_attention_layernorm.weight`),
    { eps },
  );
  observe(`${prefix}.post_attention_layernorm`, mlpInput);
  const { output, probabilities } = mlpBlock(context, layer, mlpInput);
  observe(`${prefix}.mlp`, output);
  return [add(afterAttention, output), ...(probabilities ? [probabilities] : [])];
}

function attentionBlock(context: Context, layer: Layer, x: Tensor): Tensor {
  const { model, visibility, observe } = context;
  const { numAttentionHeads, numKeyValueHeads, headDim } = model.config;
  const prefix = `${layer.prefix}.self_attn`;
  const [B, T] = x.shape as [number, number, number];
  const heads = (module: LinearModule, count: number): Tensor => {
    const projected = adaptedLinear(model, projection(layer, module), x);
    observe(`${prefix}.${module}`, projected);
    return reshape(projected, [B, T, count, headDim]);
  };
  const q = placed(context, layer, { value: heads('q_proj', numAttentionHeads), norm: 'q_norm' });
  const k = placed(context, layer, { value: heads('k_proj', numKeyValueHeads), norm: 'k_norm' });
  const v = heads('v_proj', numKeyValueHeads);
  const mixed = reshape(
    attention(q, k, v, visibility, { ...context.attention, window: layer.window }),
    [B, T, numAttentionHeads * headDim],
  );
  const output = adaptedLinear(model, projection(layer, 'o_proj'), mixed);
  observe(prefix, output);
  return output;
}

/** Queries or keys, normed and turned by their position where the layer does that. */
function placed(
  { model, tables, observe }: Context,
  { prefix, qkNorm, rope: isTurned }: Layer,
  { value, norm }: { value: Tensor; norm: 'q_norm' | 'k_norm' },
): Tensor {
  const { cos, sin, positions } = tables;
  const { rmsNormEps: eps } = model.config;
  const weight = qkNorm ? model.weight(`${prefix}.self_attn.${norm}.weight`) : undefined;
  const turn = (): Tensor => {
    if (!isTurned) return weight ? rmsNorm(value, weight, { eps }) : value;
    return weight ? headNormRope(value, weight, cos, sin, positions, { eps }) : rope(value, tables);
  };
  const result = turn();
  observe(`${prefix}.self_attn.${norm}.rope`, result);
  return result;
}

function mlpBlock(
  { model, observe }: Context,
  layer: Layer,
  x: Tensor,
): { output: Tensor; probabilities?: Tensor } {
  const { moe } = model.config;
  const mlpOf = (rows: Tensor, expert?: number): Tensor =>
    gated(rows, (module, value) => adaptedLinear(model, projection(layer, module, expert), value));
  if (layer.mlp === 'dense' || !moe) return { output: mlpOf(x) };
  const name = `${layer.prefix}.mlp`;
  return mixtureOfExperts(x, {
    router: model.matrix(`${name}.gate.weight`),
    moe,
    expert: (index, rows) => mlpOf(rows, index),
    together: (sent, route) =>
      gated(sent, (module, rows) => {
        const names = Array.from(
          { length: moe.numExperts },
          (_, expert) => projection(layer, module, expert).name,
        );
        return adaptedExperts(model, names, { rows, route });
      }),
    observe: (inner, value) => observe(`${name}.${inner}`, value),
  });
}

/** `down(silu(gate(x)) * up(x))`. */
function gated(x: Tensor, apply: (module: LinearModule, value: Tensor) => Tensor): Tensor {
  return apply('down_proj', swiglu(apply('gate_proj', x), apply('up_proj', x)));
}

/** Of a layer, or of one of its experts. */
function projection(
  { prefix, biases }: Layer,
  module: LinearModule,
  expert?: number | undefined,
): Projection {
  const inside = expert === undefined ? LINEAR_MODULES[module] : `mlp.experts.${expert}`;
  return { name: `${prefix}.${inside}.${module}`, bias: biases.includes(module) };
}
