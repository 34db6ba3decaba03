import {
  canDecode,
  type createDecoder,
  type LayerMatrix,
  type LoraFactors,
  type Weight,
  weightTensor,
} from '@molrl/tensor-gpu';
import {
  concat,
  dispose,
  onesLike,
  reshape,
  type Tensor,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { expertFactors, expertRowScales } from '../model/adaptedExperts.ts';
import { adapterLayer, rowScale } from '../model/adapterLayer.ts';
import { type LinearModule, layerDescription } from '../model/layerDescription.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';

/** What `createDecoder` takes. */
type DecoderSpec = Parameters<typeof createDecoder>[0];
type DecoderLayer = DecoderSpec['layers'][number];

/** What a model has that the device's decoder lacks, in words; undefined if it can sample from it. */
export function undecodable(model: Qwen3): string | undefined {
  const { config } = model;
  const knowsExperts = canDecode({ experts: true });
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const { mlp, biases } = layerDescription(config, layer);
    if (mlp === 'experts' && !knowsExperts) return 'experts (layers with a router)';
    const odd = biases.find((module) => !(module in BIASES));
    if (odd !== undefined) return `a bias of ${odd}`;
  }
  return undefined;
}

const EXPERT_MATRICES = ['gate', 'up', 'down'] as const;

/** The matrices of that name of a layer's experts. */
const namesOf = (
  { moe }: Qwen3Config,
  layer: number,
  matrix: (typeof EXPERT_MATRICES)[number],
): string[] =>
  Array.from(
    { length: moe?.numExperts ?? 0 },
    (_, expert) => `model.layers.${layer}.mlp.experts.${expert}.${matrix}_proj`,
  );

/** The biases that the decoder knows. */
const BIASES: Partial<Record<LinearModule, 'qBias' | 'kBias' | 'vBias'>> = {
  q_proj: 'qBias',
  k_proj: 'kBias',
  v_proj: 'vBias',
};

/** The matrices of a layer, by their names in a model. */
const MATRICES: Readonly<Record<LayerMatrix, string>> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};

/**
 * A model's weights as the decoder asks for them; an adapter that is on stays beside the matrices that it changes.
 *
 * @returns the spec, and `dispose()` for what was made for it.
 */
export function decoderOf(model: Qwen3, positions: number): { spec: DecoderSpec; dispose(): void } {
  const { config } = model;
  const { cos, sin } = model.rotary(positions);
  const descriptions = Array.from({ length: config.numHiddenLayers }, (_, layer) =>
    layerDescription(config, layer),
  );
  const isTurned = descriptions.every(({ rope }) => rope);
  const still = isTurned ? {} : { cos: onesLike(cos), sin: zerosLike(sin) }; // a turn by 0
  const made: Tensor[] = Object.values(still);
  const layers = descriptions.map(({ qkNorm, rope, window, biases, mlp }, layer): DecoderLayer => {
    const prefix = `model.layers.${layer}`;
    const part = (name: string): Tensor => model.weight(`${prefix}.${name}`);
    const matrix = (name: LayerMatrix): Weight =>
      model.matrix(`${prefix}.${MATRICES[name]}.weight`);
    const named = biases.map((module) => [BIASES[module]!, part(`self_attn.${module}.bias`)]);
    return {
      inputNorm: part('input_layernorm.weight'),
      q: matrix('q'),
      k: matrix('k'),
      v: matrix('v'),
      o: matrix('o'),
      ...Object.fromEntries(named),
      ...(qkNorm && {
        qNorm: part('self_attn.q_norm.weight'),
        kNorm: part('self_attn.k_norm.weight'),
      }),
      ...(!rope && still),
      window,
      postNorm: part('post_attention_layernorm.weight'),
      ...(mlp === 'experts'
        ? expertsOf(model, layer, made)
        : { gate: matrix('gate'), up: matrix('up'), down: matrix('down') }),
      lora: {
        ...adaptersOf(model, prefix, made),
        ...(mlp === 'experts' && expertAdaptersOf(model, layer, made)),
      },
    };
  });
  const spec = {
    layers,
    embed: model.matrix('model.embed_tokens.weight'),
    norm: model.weight('model.norm.weight'),
    head: model.head(),
    cos,
    sin,
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    headDim: config.headDim,
    eps: config.rmsNormEps,
  };
  return { spec, dispose: () => dispose(made) };
}

/** A layer's experts with their matrices joined, which takes their memory once more; tensors made for it go to `made`. */
function expertsOf(
  model: Qwen3,
  layer: number,
  made: Tensor[],
): Pick<DecoderLayer, 'experts' | 'gate' | 'up' | 'down'> {
  const { config } = model;
  const { numExperts: count, numExpertsPerTok: perToken, normTopkProb: isNormed } = config.moe!; // a layer has experts
  const joined = (matrix: (typeof EXPERT_MATRICES)[number]): Tensor => {
    const all = tidy(() =>
      concat(
        namesOf(config, layer, matrix).map((name) => weightTensor(model.matrix(`${name}.weight`))),
      ),
    );
    made.push(all);
    return all;
  };
  const router = model.matrix(`model.layers.${layer}.mlp.gate.weight`);
  const experts = { count, perToken, isNormed, router };
  return { experts, gate: joined('gate'), up: joined('up'), down: joined('down') };
}

/** What the adapter that is on adds to a layer's matrices; tensors made for it go to `made`. */
function adaptersOf(model: Qwen3, prefix: string, made: Tensor[]): DecoderLayer['lora'] {
  const adapters: Partial<Record<LayerMatrix, LoraFactors>> = {};
  for (const [matrix, module] of Object.entries(MATRICES)) {
    const name = `${prefix}.${module}`;
    const layer = adapterLayer(model, name);
    if (layer === undefined) continue;
    const { down: a, up: b, scaling } = layer;
    const factors: LoraFactors = { a, b, rank: a.shape[0]!, scaling };
    adapters[matrix as LayerMatrix] = factors; // the keys of MATRICES
    if (!layer.magnitude) continue;
    factors.lengths = tidy(() => rowScale(model.matrix(`${name}.weight`), layer)!); // DoRA has one
    made.push(factors.lengths);
  }
  return adapters;
}

/** The same of a layer's experts, theirs joined as their matrices are; an expert without an adapter has zeros. */
function expertAdaptersOf(model: Qwen3, layer: number, made: Tensor[]): DecoderLayer['lora'] {
  const adapters: Partial<Record<LayerMatrix, LoraFactors>> = {};
  for (const matrix of EXPERT_MATRICES) {
    const names = namesOf(model.config, layer, matrix);
    const tensors = tidy(() => {
      const layers = names.map((name) => adapterLayer(model, name)); // it may slice a stack
      if (layers.every((each) => each === undefined)) return [];
      const weights = names.map((name) => model.matrix(`${name}.weight`));
      const { downs, ups } = expertFactors(layers, weights[0]!.shape);
      const lengths = expertRowScales(layers, weights);
      return [concat(downs), concat(ups), ...(lengths ? [reshape(lengths, [lengths.size])] : [])];
    });
    const [a, b, lengths] = tensors;
    if (!a || !b) continue;
    made.push(...tensors);
    adapters[matrix] = { a, b, rank: b.shape[1]!, scaling: 1, lengths }; // in b already
  }
  return adapters;
}
