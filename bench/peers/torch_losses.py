"""Loss and gradient with respect to the log-probs in PyTorch float32: the same formulas, by autograd."""
from serve import options, serve


def main():
    spec, variants = options()
    import torch
    b, t = spec["rows"], spec["length"]
    new = -torch.rand(b, t) * 3
    old = (new + 0.2 * torch.randn(b, t)).clamp(max=-1e-3)
    ref = (new + 0.2 * torch.randn(b, t)).clamp(max=-1e-3)
    mask = (torch.rand(b, t) < 0.9).float()
    advantages = torch.randn(b, 1)

    def step(beta, sequence):
        def run():
            x = new.detach().clone().requires_grad_(True)
            log_ratio = x - old
            if sequence:
                log_ratio = (log_ratio * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
            ratio = log_ratio.exp()
            loss = -torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)
            if beta:
                loss = loss + beta * ((ref - x).exp() - (ref - x) - 1) * ratio
            ((loss * mask).sum() / mask.sum()).backward()
            return x.grad
        return run

    losses = {"dapo": (0.0, False), "dapo+kl": (0.04, False), "gspo": (0.0, True)}
    serve(variants, lambda name: step(*losses[spec["loss"]]))


main()
