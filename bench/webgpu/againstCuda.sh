#!/usr/bin/env bash
# Ours on WebGPU (Dawn) against PyTorch with CUDA on the same card: training steps, a LoRA step of SmolLM2-135M's sizes, sampling.
# Needs a driver of Vulkan for the card, and a Python with torch (CUDA), transformers and peft:
#
#     MOLRL_PYTHON=/path/to/python bench/webgpu/againstCuda.sh [ROUNDS]
#
# Writes train.json, decode.json and profile.txt (where a training step goes) into the folder OUT (default .molrl/gpu). Goals: at least 0.3 of PyTorch in training in float32,
# at least 1 in sampling at batch 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
"${MOLRL_PYTHON:?must name a Python with torch}" -c 'import torch; assert torch.cuda.is_available(), "torch finds no CUDA"; print(torch.__version__, torch.cuda.get_device_name())'
out=${OUT:-.molrl/gpu}
mkdir -p "$out"
bench=(node --conditions=@molrl/source --import tsx bench/main.ts --kernels webgpu --peer-device cuda --rounds "${1:-5}")
"${bench[@]}" train --shape nano micro mini small smollm2 --json "$out/train.json"
"${bench[@]}" decode --shape small smollm2 --json "$out/decode.json"
"${bench[@]}" profile train micro small | tee "$out/profile.txt"
