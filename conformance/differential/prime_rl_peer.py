"""prime-rl's own `compute_loss` on the cases of primeRl.ts, lifted out of the checkout that the first argument names."""
import sys
from types import SimpleNamespace

import torch
from answer import answer, gradient_of, rows
from lift import lift

P = lift(
    f"{sys.argv[1]}/src/prime_rl/trainer/rl/loss.py",
    ["_safe_mean", "compute_importance_ratio_and_mismatch_kl", "default_loss_fn", "ipo_loss_fn", "ref_kl_loss_fn", "ce_loss_fn", "compute_loss"],
    {"torch": torch, "LossInputs": SimpleNamespace,
     "LossOutputs": lambda loss, metrics: SimpleNamespace(loss=loss, metrics=metrics)},
)


def streams(values, length):
    """A weight stream as one tensor per sequence, or none."""
    return None if values is None else list(rows(values, length))


def solve(case):
    length, data = case["length"], case["data"]
    logprobs = rows(data["logprobs"], length).requires_grad_(True)
    config = SimpleNamespace(**case["config"])
    loss_fn = P["ipo_loss_fn" if case["loss"] == "ipo" else "default_loss_fn"]
    value, metrics = P["compute_loss"](
        list(logprobs), streams(data["rolloutLogprobs"], length), streams(data["refLogprobs"], length),
        list(rows(data["advantages"], length)), list(rows(data["mask"], length).bool()),
        streams(data["rlWeights"], length), streams(data["ceWeights"], length), streams(data["refKlWeights"], length),
        lambda inputs: loss_fn(inputs, config), case["scales"][0], case["scales"][1], case["scales"][2])
    return gradient_of(value, logprobs)


answer(solve)
