"""One JSON case per line in, one JSON answer per line out; NaN and infinities as text, as in the golden files."""
import json
import math
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def rows(values, length):
    """A flat list as [B, length], float64; null = NaN."""
    if values is None:
        return None
    numbers = [math.nan if value is None else value for value in values]
    return torch.tensor(numbers, dtype=torch.float64).reshape(-1, length)


def plain(value):
    if isinstance(value, torch.Tensor):
        return plain(value.detach().to(torch.float64).reshape(-1).tolist() if value.dim() else value.item())
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def gradient_of(loss, logprobs):
    """Value and gradient; zeros where the loss does not depend on the log-probs."""
    if loss.requires_grad:
        loss.backward()
    return {"loss": loss, "gradient": torch.zeros_like(logprobs) if logprobs.grad is None else logprobs.grad}


def answer(solve):
    """Solves every case; an exception of the peer is its answer."""
    out = sys.stdout
    sys.stdout = sys.stderr  # libraries print
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            result = solve(json.loads(line))
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"[:300]}
        out.write(json.dumps(plain(result), allow_nan=False) + "\n")
    out.flush()
