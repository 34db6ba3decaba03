"""Loss and gradient with respect to what the model gives, in PyTorch float32: the same formulas, by autograd."""
import time

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

    def clipped(ratio):
        return -torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages)

    def token_mean(loss):
        return (loss * mask).sum() / mask.sum()

    def sequence_mean(loss):
        return ((loss * mask).sum(1) / mask.sum(1)).mean()

    def k3(x):
        return (ref - x).exp() - (ref - x) - 1

    def dapo(x):
        return token_mean(clipped((x - old).exp()))

    def dapo_kl(x):
        ratio = (x - old).exp()
        return token_mean(clipped(ratio) + 0.04 * k3(x) * ratio)

    def grpo(x):
        return sequence_mean(clipped((x - old).exp()))

    def dr_grpo(x):
        return (clipped((x - old).exp()) * mask).sum() / (b * t)

    def gspo(x):
        log_ratio = ((x - old) * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        return sequence_mean(clipped(log_ratio.exp()))

    def cispo(x):
        weight = (x - old).exp().detach().clamp(max=5.0)
        return token_mean(-weight * advantages * x)

    def run_policy(loss):
        def run():
            x = new.detach().clone().requires_grad_(True)
            loss(x).backward()
            return x.grad
        return run

    def run_mol():
        """CE where the environment speaks, KL elsewhere, each a mean over a sequence and over those that have it."""
        role = torch.randint(0, 4, (b, t // 32)).repeat_interleave(32, 1)
        roles = [(role == code).float() for code in (1, 2, 3)]
        kl = torch.rand(b, t)

        def mean(values, mask):
            sizes = mask.sum(1)
            return ((values * mask).sum(1) / sizes.clamp(min=1)).sum() / (sizes > 0).sum()

        def run():
            x = new.detach().clone().requires_grad_(True)
            k = kl.detach().clone().requires_grad_(True)
            loss = mean(-x, roles[0]) + 0.1 * (mean(k, roles[1]) + mean(k, roles[2]))
            loss.backward()
            return x.grad, k.grad
        return run

    losses = {"dapo": dapo, "dapo+kl": dapo_kl, "grpo": grpo, "dr_grpo": dr_grpo, "gspo": gspo, "cispo": cispo}

    def make(_):
        run = run_mol() if spec["loss"] == "mol" else run_policy(losses[spec["loss"].split("@")[0]])
        until = time.perf_counter() + 2
        while time.perf_counter() < until:
            run()
        return run

    serve(variants, make)


main()
