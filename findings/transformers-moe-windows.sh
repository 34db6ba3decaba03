#!/usr/bin/env bash
# transformers 5.24.0 with torch 2.15.0, CPU; random two-layer models made here.
# One would expect: the same window settings mean the same in the dense and the sparse Qwen3, whose config.json have them alike.
# Seen (30 November 2026): Qwen3 gives windows to the layers that max_window_layers or layer_types name. Qwen3-MoE reads neither: with
# use_sliding_window every layer has the window, also where layer_types says full_attention everywhere, without a warning.
# The numbers are the last place of 24 that a change of the first token reaches: 23 with full attention, 6 through two windows of 4.
# Why it matters: a sparse model whose config keeps the dense one's fields forgets all but the last tokens, and an engine that reads
# the fields as the dense model does computes another model than its training did.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv py
py/bin/pip install -q torch==2.15.0 transformers==5.24.0
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error py/bin/python -W ignore - <<'PY' | tee seen
import torch
from transformers import AutoModelForCausalLM, CONFIG_MAPPING

SIZES = dict(vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
             head_dim=8, max_position_embeddings=64)
EXPERTS = dict(num_experts=2, num_experts_per_tok=1, moe_intermediate_size=8)
WINDOW = dict(use_sliding_window=True, sliding_window=4)
ids = torch.arange(24)[None]


def reach(kind, **settings):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG_MAPPING[kind](**SIZES, **settings)).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, 0, 0.5)
    other = ids.clone()
    other[0, 0] = 31
    with torch.no_grad():
        moved = (model(ids).logits - model(other).logits).abs().amax(-1)[0]
    return max(place for place in range(24) if moved[place] > 0)


for kind, experts in (("qwen3", {}), ("qwen3_moe", EXPERTS)):
    print(kind, "no window", reach(kind, **experts),
          "| windows from layer 2 on", reach(kind, **experts, **WINDOW, max_window_layers=2),
          "| full_attention in both", reach(kind, **experts, **WINDOW, layer_types=["full_attention"] * 2))
PY
diff seen - <<'SEEN'
qwen3 no window 23 | windows from layer 2 on 23 | full_attention in both 23
qwen3_moe no window 23 | windows from layer 2 on 6 | full_attention in both 6
SEEN
