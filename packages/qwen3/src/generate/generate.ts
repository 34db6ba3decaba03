import { createDecoder, TensorGpuError } from '@molrl/tensor-gpu';
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { Qwen3Error } from '../base/errors.ts';
import { effectiveWeights } from '../lora/effectiveWeights.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Completion } from './completion.ts';
import { generateRows } from './generateByForward.ts';
import {
  type GenerateOptions,
  type ResolvedGenerateOptions,
  resolveGenerateOptions,
} from './generateOptions.ts';

/**
 * Samples completions. On the `molrl` back end a recorded decode program with a key/value cache does it; on any
 * other the plain forward pass, token by token: slow, and the judge of the program.
 *
 * @param prompts - token ids, one list per prompt, of any lengths (nothing is padded by the caller).
 * @returns `[P * G]`, prompt-major.
 * @throws {Qwen3Error} `option` for an empty prompt, an id outside the vocabulary, a missing seed and any option that
 * cannot be; `config` if the model's own end tokens are not in its vocabulary; `not-finite` for logits that are NaN.
 * The signal's reason if it is aborted. A device that runs out of memory throws its own TensorGpuError.
 *
 * @example
 * const model = createQwen3(TINY_CONFIG, { seed: 1 });
 * const [first] = await generate(model, [[1, 5, 9]], { maxTokens: 16, temperature: 0 });
 */
export async function generate(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): Promise<Completion[]> {
  const resolved = resolveGenerateOptions('generate', model, prompts, options);
  resolved.signal?.throwIfAborted();
  if (prompts.length === 0) return [];
  if (getBackend() !== 'molrl') return generateRows(model, prompts, resolved);
  return generateByDecoder(model, prompts, resolved);
}

async function generateByDecoder(
  model: Qwen3,
  prompts: readonly ArrayLike<number>[],
  options: ResolvedGenerateOptions,
): Promise<Completion[]> {
  const { weights, dispose } = effectiveWeights(model);
  const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  const decoder = createDecoder(decoderSpec(model, weights, longest + options.maxTokens));
  try {
    return await decoder.generate({
      ...options,
      prompts: prompts.map((ids) => Int32Array.from(ids)),
    });
  } catch (error) {
    if (!(error instanceof TensorGpuError && error.code === 'not-finite')) throw error;
    throw new Qwen3Error('not-finite', error.message, { cause: error });
  } finally {
    decoder.dispose();
    dispose();
  }
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
