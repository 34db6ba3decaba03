import { attention, embedding, headNormRope, linear, rmsNorm, swiglu } from '@molrl/tensor-gpu';
import { add, mul, reshape, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Adapter } from './adapter.ts';
import { type ForwardInput, inputTensors } from './inputTensors.ts';
import { LINEAR_MODULES, type LinearModule } from './parameterShapes.ts';
import type { Qwen3Config } from './qwen3Config.ts';

/** What the forward pass reads of a model. */
export interface DecoderWeights {
  readonly config: Qwen3Config;
  adapter: Adapter | undefined;
  /** A weight by its full name. */
  weight(name: string): Tensor;
  /** Rotary tables `[P, headDim / 2]` with at least `positions` rows. */
  rotary(positions: number): { cos: Tensor; sin: Tensor };
}

interface Context {
  model: DecoderWeights;
  cos: Tensor;
  sin: Tensor;
  positions: Tensor;
  segmentIds: Tensor;
  /** Shows inner values by name, for tests of single layers. */
  observe: (name: string, value: Tensor) => void;
}

/**
 * The Qwen3 decoder, from token ids to the hidden states after the final norm.
 *
 *     x = embedding[ids]
 *     every layer:  x += o(attention(rope(norm(q(n(x)))), rope(norm(k(n(x)))), v(n(x))))     n: RMSNorm
 *                   x += down(silu(gate(m(x))) * up(m(x)))                                    m: RMSNorm
 *     return norm(x)
 *
 * @returns `[B, T, H]`
 * @see Qwen Team 2025, Qwen3 Technical Report: https://arxiv.org/abs/2505.09388
 */
export function forward(model: DecoderWeights, input: ForwardInput): Tensor {
  return tidy(() => {
    const { ids, positions, segmentIds, maxPosition } = inputTensors(input, model.config.vocabSize);
    const { cos, sin } = model.rotary(maxPosition + 1);
    const observe = input.observe ?? (() => {});
    const context: Context = { model, cos, sin, positions, segmentIds, observe };
    const { padTokenId, rmsNormEps: eps, numHiddenLayers } = model.config;
    let x: Tensor = embedding(
      model.weight('model.embed_tokens.weight'),
      ids,
      padTokenId === null ? {} : { paddingId: padTokenId },
    );
    observe('embed', x);
    for (let layer = 0; layer < numHiddenLayers; layer++) {
      const next = tidy(() => block(context, layer, x));
      x.dispose(); // what the gradients need of it, the tape holds
      x = next;
      observe(`layers.${layer}`, x);
    }
    const normed = rmsNorm(x, model.weight('model.norm.weight'), { eps });
    observe('norm', normed);
    return normed;
  });
}

function block(context: Context, layer: number, x: Tensor): Tensor {
  const { model, observe } = context;
  const { rmsNormEps: eps } = model.config;
  const prefix = `model.layers.${layer}`;
  const attentionInput = rmsNorm(x, model.weight(`${prefix}.input_layernorm.weight`), { eps });
  observe(`${prefix}.input_layernorm`, attentionInput);
  const afterAttention = add(x, attentionBlock(context, layer, attentionInput)) as Tensor;
  const mlpInput = rmsNorm(
    afterAttention,
    model.weight(`${prefix}.post_attention_layernorm.weight`),
    { eps },
  );
  observe(`${prefix}.post_attention_layernorm`, mlpInput);
  const gate = adaptedLinear(context, layer, 'gate_proj', mlpInput);
  const up = adaptedLinear(context, layer, 'up_proj', mlpInput);
  const mlpOutput = adaptedLinear(context, layer, 'down_proj', swiglu(gate, up));
  observe(`${prefix}.mlp`, mlpOutput);
  return add(afterAttention, mlpOutput);
}

function attentionBlock(context: Context, layer: number, x: Tensor): Tensor {
  const { model, cos, sin, positions, segmentIds, observe } = context;
  const { numAttentionHeads, numKeyValueHeads, headDim, rmsNormEps: eps } = model.config;
  const prefix = `model.layers.${layer}.self_attn`;
  const [B, T] = x.shape as [number, number, number];
  const heads = (module: LinearModule, count: number): Tensor => {
    const projected = adaptedLinear(context, layer, module, x);
    observe(`${prefix}.${module}`, projected);
    return reshape(projected, [B, T, count, headDim]);
  };
  const rotate = (value: Tensor, norm: string): Tensor => {
    const rotated = headNormRope(
      value,
      model.weight(`${prefix}.${norm}.weight`),
      cos,
      sin,
      positions,
      { eps },
    );
    observe(`${prefix}.${norm}.rope`, rotated);
    return rotated;
  };
  const q = rotate(heads('q_proj', numAttentionHeads), 'q_norm');
  const k = rotate(heads('k_proj', numKeyValueHeads), 'k_norm');
  const v = heads('v_proj', numKeyValueHeads);
  const mixed = reshape(attention(q, k, v, segmentIds), [B, T, numAttentionHeads * headDim]);
  const output = adaptedLinear(context, layer, 'o_proj', mixed);
  observe(prefix, output);
  return output;
}

/** `x W^T`, plus `scaling * (x A^T) B^T` where an adapter is on. */
function adaptedLinear({ model }: Context, layer: number, module: LinearModule, x: Tensor): Tensor {
  const name = `model.layers.${layer}.${LINEAR_MODULES[module]}.${module}`;
  const base = linear(x, model.weight(`${name}.weight`));
  const { adapter } = model;
  const down = adapter?.parameters[`${name}.lora_A.weight`];
  const up = adapter?.parameters[`${name}.lora_B.weight`];
  if (!adapter?.enabled || !down || !up) return base;
  return add(base, mul(linear(linear(x, down), up), adapter.scaling));
}
