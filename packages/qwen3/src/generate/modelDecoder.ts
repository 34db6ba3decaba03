import { createDecoder, type Decoder, weightVersion } from '@molrl/tensor-gpu';
import type { Tensor } from '@tensorflow/tfjs-core';
import { effectiveWeights } from '../lora/effectiveWeights.ts';
import type { Qwen3 } from '../model/qwen3.ts';

interface OpenDecoder {
  decoder: Decoder;
  version: string;
  /** Rows of its rotary tables. */
  positions: number;
  users: number;
  close(): void;
}

/** Decoders of running calls: calls of a model that overlap share one, as long as its weights stay as they are. */
const open = new WeakMap<Qwen3, OpenDecoder[]>();

/** Calls `use` with a decoder of the model's present weights, for sequences of up to `positions` tokens. */
export async function withDecoder<T>(
  model: Qwen3,
  positions: number,
  use: (decoder: Decoder) => Promise<T>,
): Promise<T> {
  const decoders = open.get(model) ?? [];
  open.set(model, decoders);
  const version = presentVersion(model);
  const isFit = (other: OpenDecoder) => other.version === version && other.positions >= positions;
  let found = decoders.find(isFit);
  if (found === undefined) {
    found = openDecoder(model, version, positions);
    decoders.push(found);
  }
  found.users++;
  try {
    return await use(found.decoder);
  } finally {
    if (--found.users === 0) {
      decoders.splice(decoders.indexOf(found), 1);
      found.close();
    }
  }
}

/** A name for the weights that the model computes with now. */
function presentVersion({ parameters, adapter }: Qwen3): string {
  const own = weightVersion(Object.values(parameters));
  if (!adapter?.enabled) return own;
  return `${own} + ${adapter.scaling} ${weightVersion(Object.values(adapter.parameters))}`;
}

function openDecoder(model: Qwen3, version: string, positions: number): OpenDecoder {
  const { weights, dispose } = effectiveWeights(model);
  const spec = decoderSpec(model, weights, positions);
  const decoder = createDecoder({ ...spec, version });
  const close = () => {
    decoder.dispose();
    dispose();
  };
  return { decoder, version, positions: spec.cos.shape[0]!, users: 0, close };
}

/** A model's weights in the order the decoder asks for. */
function decoderSpec(
  model: Qwen3,
  weights: Record<string, Tensor>,
  positions: number,
): Parameters<typeof createDecoder>[0] {
  const { config } = model;
  const weight = (name: string): Tensor => weights[name] ?? model.weight(name);
  const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => {
    const prefix = `model.layers.${layer}`;
    return {
      inputNorm: weight(`${prefix}.input_layernorm.weight`),
      q: weight(`${prefix}.self_attn.q_proj.weight`),
      k: weight(`${prefix}.self_attn.k_proj.weight`),
      v: weight(`${prefix}.self_attn.v_proj.weight`),
      o: weight(`${prefix}.self_attn.o_proj.weight`),
      qNorm: weight(`${prefix}.self_attn.q_norm.weight`),
      kNorm: weight(`${prefix}.self_attn.k_norm.weight`),
      postNorm: weight(`${prefix}.post_attention_layernorm.weight`),
      gate: weight(`${prefix}.mlp.gate_proj.weight`),
      up: weight(`${prefix}.mlp.up_proj.weight`),
      down: weight(`${prefix}.mlp.down_proj.weight`),
    };
  });
  const { cos, sin } = model.rotary(positions);
  return {
    layers,
    embed: weight('model.embed_tokens.weight'),
    norm: weight('model.norm.weight'),
    head: model.head(),
    cos,
    sin,
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    headDim: config.headDim,
    eps: config.rmsNormEps,
  };
}
