"""verl's own functions on the cases of verl.ts, lifted out of the checkout that the first argument names."""
import sys
from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import torch
from answer import answer, gradient_of, rows
from lift import lift

root = sys.argv[1]


class ActorConfig(dict):
    """The attributes and `get` that the loss functions read."""

    __getattr__ = dict.__getitem__


MASKED = ["masked_sum", "masked_mean", "masked_var", "masked_whiten"]
functional = lift(f"{root}/verl/utils/torch_functional.py", MASKED, {"torch": torch})
LOSSES = {
    "ppo": "vanilla", "dppo": "dppo_tv", "gspo_token": "gspo", "cispo": "cispo", "sapo": "sapo", "kl_cov": "kl_cov",
    "gmpo": "geo_mean", "dro": "dro", "clip_cov": "clip_cov",
}
ESTIMATORS = ["gae_advantage_return", "grpo_outcome_advantage", "rloo_outcome_advantage",
              "reinforce_plus_plus_outcome_advantage", "reinforce_plus_plus_baseline_outcome_advantage"]
V = lift(
    f"{root}/verl/trainer/ppo/core_algos.py",
    ["agg_loss", "kl_penalty", "kl_penalty_forward", *(f"compute_policy_loss_{name}" for name in LOSSES.values()),
     *(f"compute_{name}" for name in ESTIMATORS)],
    {"torch": torch, "np": np, "defaultdict": defaultdict, "ActorConfig": ActorConfig, "AlgoConfig": type("AlgoConfig", (), {}),
     "verl_F": SimpleNamespace(**{name: functional[name] for name in MASKED})},
)


def loss(case):
    length, data, config = case["length"], case["data"], case["config"]
    logprobs = rows(data["logprobs"], length).requires_grad_(True)
    old = rows(data["oldLogprobs"], length)
    mask = rows(data["mask"], length)
    advantages = rows(data["advantages"], length)
    weights = rows(data.get("importanceWeights"), length)
    total = case["totals"]
    actor = ActorConfig(**config, policy_loss=SimpleNamespace(**case["policyLoss"]), global_batch_info=total)
    value, metrics = V[f"compute_policy_loss_{LOSSES[case['loss']]}"](
        old_log_prob=old, log_prob=logprobs, advantages=advantages, response_mask=mask, loss_agg_mode=case["mode"],
        config=actor, rollout_is_weights=weights)
    if case["beta"]:
        kl = V["kl_penalty"](logprobs, rows(data["refLogprobs"], length), case["klEstimator"])
        value = value + case["beta"] * V["agg_loss"](kl, mask, case["mode"], **total)
    return {**gradient_of(value, logprobs), "metrics": metrics}


def advantages(case):
    length = case["length"]
    rewards, mask = rows(case["tokenRewards"], length), rows(case["mask"], length)
    index = np.array([row // case["numGenerations"] for row in range(len(mask))])
    name = f"compute_{case['estimator']}"
    if case["estimator"] == "gae_advantage_return":
        values, returns = V[name](rewards, rows(case["values"], length), mask, case["gamma"], case["lambda"])
        return {"advantages": values * mask, "returns": returns * mask}
    if case["estimator"] == "reinforce_plus_plus_outcome_advantage":
        values, returns = V[name](rewards, mask, config=SimpleNamespace(gamma=case["gamma"]))
        return {"advantages": values, "returns": returns}
    return {"advantages": V[name](rewards, mask, index=index)[0] * mask}


answer(lambda case: {"loss": loss, "advantages": advantages}[case["kind"]](case))
