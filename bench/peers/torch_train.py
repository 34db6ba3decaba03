"""Forward, cross-entropy over all tokens, backward, AdamW. Variants: hf-eager, hf-sdpa, hf-compile, minimal, minimal-compile."""
from serve import options, serve
spec, variants = options()
import torch
import torch.nn.functional as F
from qwen3 import MinimalQwen3, hf_model
B, T, V, rank = spec["trainBatch"], spec["trainLength"], spec["vocab"], spec.get("loraRank") or 0
ids = torch.randint(0, V, (B, T + 1))
X, Y = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()


def make(variant):
    if variant.startswith("hf"):
        model = hf_model(spec, "eager" if "eager" in variant else "sdpa")
        model.config.use_cache = False
        if rank:
            from peft import LoraConfig, get_peft_model
            linear = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
            model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=linear))
        model.train()
        parameters = [p for p in model.parameters() if p.requires_grad]
        forward = torch.compile(model) if "compile" in variant else model

        def loss():
            return F.cross_entropy(forward(input_ids=X, use_cache=False).logits.view(-1, V).float(), Y.view(-1))
    else:
        model = MinimalQwen3(spec, torch.float32, lora_r=rank)
        parameters = model.params()
        whole = torch.compile(model.loss) if "compile" in variant else model.loss

        def loss():
            return whole(X, Y)
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, fused=True)

    def step():
        loss().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return step


serve(variants, make)
