"""Sampling at temperature 1 with a KV cache. Variants: hf-eager, hf-sdpa, minimal. Frozen bf16 weights are computed in bf16."""
from serve import options, serve
spec, variants = options()
import torch
from qwen3 import MinimalQwen3, hf_model
B, P, N = spec["sampleBatch"], spec["promptLength"], spec["newTokens"]
dtype = torch.bfloat16 if spec.get("weights") == "bf16" else torch.float32
ids = torch.randint(0, spec["vocab"], (B, P))


def make(variant):
    if variant.startswith("hf"):
        from transformers import GenerationConfig
        model = hf_model(spec, variant.split("-")[1], bos_token_id=None, eos_token_id=None, pad_token_id=0).to(dtype).eval()
        how = GenerationConfig(max_new_tokens=N, min_new_tokens=N, do_sample=True, temperature=1.0, top_k=0, top_p=1.0, eos_token_id=None, pad_token_id=0)
        mask = torch.ones_like(ids)

        def run():
            with torch.no_grad():
                out = model.generate(ids, attention_mask=mask, generation_config=how)
            assert out.shape == (B, P + N), out.shape
        return run
    model = MinimalQwen3(spec, dtype)
    return lambda: model.generate(ids, N)


serve(variants, make)
