import type { createDecoder } from '@molrl/tensor-gpu';
import { dispose, onesLike, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import { type LinearModule, layerDescription } from '../model/layerDescription.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';

/** What `createDecoder` takes. */
type DecoderSpec = Parameters<typeof createDecoder>[0];
type DecoderLayer = DecoderSpec['layers'][number];

/** What a model has that the decoder lacks, in words; undefined if it can sample from it. */
export function undecodable(config: Qwen3Config): string | undefined {
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const { mlp, biases } = layerDescription(config, layer);
    if (mlp === 'experts') return 'experts (layers with a router)';
    const odd = biases.find((module) => !(module in BIASES));
    if (odd !== undefined) return `a bias of ${odd}`;
  }
  return undefined;
}

/** The biases that the decoder knows. */
const BIASES: Partial<Record<LinearModule, 'qBias' | 'kBias' | 'vBias'>> = {
  q_proj: 'qBias',
  k_proj: 'kBias',
  v_proj: 'vBias',
};

/**
 * A model's weights as the decoder asks for them.
 *
 * @param weights - those that differ from the model's own, by name.
 * @returns the spec, and `dispose()` for what was made for it.
 */
export function decoderOf(
  model: Qwen3,
  weights: Record<string, Tensor>,
  positions: number,
): { spec: DecoderSpec; dispose(): void } {
  const { config } = model;
  const weight = (name: string): Tensor => weights[name] ?? model.weight(name);
  const { cos, sin } = model.rotary(positions);
  const descriptions = Array.from({ length: config.numHiddenLayers }, (_, layer) =>
    layerDescription(config, layer),
  );
  const isTurned = descriptions.every(({ rope }) => rope);
  const still = isTurned ? {} : { cos: onesLike(cos), sin: zerosLike(sin) }; // a turn by 0
  const layers = descriptions.map(({ qkNorm, rope, biases }, layer): DecoderLayer => {
    const part = (name: string): Tensor => weight(`model.layers.${layer}.${name}`);
    const attention = (name: string): Tensor => part(`self_attn.${name}`);
    const named = biases.map((module) => [BIASES[module]!, attention(`${module}.bias`)]);
    return {
      inputNorm: part('input_layernorm.weight'),
      q: attention('q_proj.weight'),
      k: attention('k_proj.weight'),
      v: attention('v_proj.weight'),
      o: attention('o_proj.weight'),
      ...Object.fromEntries(named),
      ...(qkNorm && { qNorm: attention('q_norm.weight'), kNorm: attention('k_norm.weight') }),
      ...(!rope && still),
      postNorm: part('post_attention_layernorm.weight'),
      gate: part('mlp.gate_proj.weight'),
      up: part('mlp.up_proj.weight'),
      down: part('mlp.down_proj.weight'),
    };
  });
  const spec = {
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
  return { spec, dispose: () => dispose(still) };
}
