/** Families that people have and what the forward pass here would need for them. */
const MISSING: Record<string, string> = {
  mixtral: 'its names of experts',
  gemma: 'norms that scale by 1 + w, a tanh-GELU gate, an embedding scaled by sqrt(hidden)',
  gemma2: 'norms that scale by 1 + w, a tanh-GELU gate, soft-capped logits',
  gemma3: 'its image tower; its text model needs what gemma3_text needs',
  gemma3_text:
    'norms that scale by 1 + w and four of them a layer, a tanh-GELU gate, a second RoPE base',
  gemma4: 'per-layer embeddings and keys and values shared between layers',
  phi3: 'one matrix for q, k, v and one for gate and up, longrope',
  gpt_oss: 'attention sinks, experts in MXFP4',
  qwen2_moe: 'an expert that all tokens share',
  qwen3_next: 'the gated delta net (a layer with a state) and gated attention',
  qwen3_5: 'the gated delta net (a layer with a state) and gated attention',
  qwen3_vl: 'its image tower',
  qwen2_vl: 'its image tower',
  lfm2: 'short convolutions (a layer with a state)',
  gpt2: 'learned positions and layer norms',
  gpt_neox: 'parallel residual branches and layer norms',
  deepseek_v3: 'latent attention and grouped experts',
  olmo2: 'norms after attention and MLP instead of before',
  granite: 'multipliers of embedding, attention, residual and logits',
};

/** ", which needs …" for a known family, else nothing. */
export function missingFromFamily(type: unknown): string {
  const known = typeof type === 'string' && Object.hasOwn(MISSING, type);
  return known ? ` (it needs ${MISSING[type]})` : '';
}
