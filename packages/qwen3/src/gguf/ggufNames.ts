/** Names in a block of llama.cpp by those of Hugging Face. */
const BLOCK: Record<string, string> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
};

const OUTSIDE: Record<string, string> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};

/** llama.cpp's name of a weight by its Hugging Face name; undefined for one that it does not have. */
export function ggufName(name: string): string | undefined {
  const [, stem = '', kind = ''] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  if (Object.hasOwn(OUTSIDE, stem)) return `${OUTSIDE[stem]}.${kind}`;
  const [, layer, part = ''] = /^model\.layers\.(\d+)\.(.*)$/.exec(stem) ?? [];
  return Object.hasOwn(BLOCK, part) ? `blk.${layer}.${BLOCK[part]}.${kind}` : undefined;
}

/** By what rotary frequencies are divided: not a weight. */
export const ROPE_FACTORS = 'rope_freqs.weight';
