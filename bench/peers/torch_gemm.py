"""C[M,N] = A[M,K] W[N,K]^T in f32. Variant: torch (MKL or oneDNN, whatever PyTorch picks)."""
from serve import options, serve
spec, variants = options()
import torch
import torch.nn.functional as F
A, W = torch.randn(spec["M"], spec["K"]), torch.randn(spec["N"], spec["K"])
serve(variants, lambda _: lambda: F.linear(A, W))
