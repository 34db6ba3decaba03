"""One op forward and backward (adamw: one step). Variants: torch (eager), torch-compile."""
from serve import options, serve
spec, variants = options()
import torch
import torch.nn.functional as F
R, W, V = spec["rows"], spec["width"], spec.get("vocab", 0)


leaves = []


def leaf(*shape):
    leaves.append(torch.randn(*shape).requires_grad_())
    return leaves[-1]


def forward_of(op):
    if op == "rmsNorm":
        x, w = leaf(R, W), leaf(W)
        return lambda: F.rms_norm(x, (W,), w, 1e-6)
    if op == "swiglu":
        gate, up = leaf(R, W), leaf(R, W)
        return lambda: F.silu(gate) * up
    if op == "attention":
        B, T, H, K, D = spec["batch"], spec["length"], spec["heads"], spec["kvHeads"], spec["headDim"]
        q, k, v = leaf(B, H, T, D), leaf(B, K, T, D), leaf(B, K, T, D)
        return lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    if op == "lmHead":
        hidden, weight, targets = leaf(R, W), leaf(V, W), torch.randint(0, V, (R,))
        return lambda: -F.cross_entropy(F.linear(hidden, weight), targets, reduction="none")
    raise ValueError(op)


def make(variant):
    if spec["op"] == "adamw":
        p = leaf(R * W)
        p.grad = torch.randn(R * W)
        return torch.optim.AdamW([p], lr=1e-4, fused=True).step
    forward = forward_of(spec["op"])
    if "compile" in variant:
        forward = torch.compile(forward)
    ones = torch.ones_like(forward())

    def run():
        for tensor in leaves:
            tensor.grad = None  # fresh gradients, as ours
        forward().backward(ones)
    return run


serve(variants, make)
