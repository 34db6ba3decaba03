"""TRL's own statements on the cases of trl.ts: the probes are those that made the golden cases."""
import sys
from pathlib import Path

from answer import answer, rows

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fixtures" / "losses"))
import p1_trl as P
import torch


def loss(case):
    length, data = case["length"], case["data"]
    batch = {name: rows(data.get(name), length) for name in ("new_logps", "old_logps", "ref_logps", "sampling_logps", "entropies")}
    batch["mask"] = rows(data["mask"], length).long()
    batch["tool_mask"] = rows(data["tool_mask"], length).long()
    advantages = torch.tensor(data["advantages"], dtype=torch.float64)
    batch["advantages"] = advantages if advantages.numel() == batch["mask"].shape[0] else advantages.reshape(-1, length)
    is_gmpo = case["args"].get("loss_type") == "gmpo"
    args = {name: value for name, value in case["args"].items() if name != "loss_type" or not is_gmpo}
    extra = {}
    if case["correction"]:
        mode, clip_max, clip_min = case["correction"]
        mask = batch["mask"] * batch["tool_mask"]
        extra["importance_sampling_ratio"], _ = P.trl_is_ratio(
            batch["old_logps"], batch["sampling_logps"], mask, mode, clip_max, clip_min)
    if not case["args"].get("off_policy_mask_threshold") and not case["correction"]:
        batch["sampling_logps"] = None
    if case["num_items"] is not None:
        extra["num_items_in_batch"] = torch.tensor(case["num_items"])
    probe_class, config = (P.GmpoProbe, P.GMPOConfig) if is_gmpo else (P.Probe, P.GRPOConfig)
    probe = probe_class(P.make_args(config, **args), grad_accum=case["steps"], use_vllm=bool(case["correction"]))
    record = P.run_loss(probe, batch, extra)
    answer = {"loss": record["loss"], "gradient": record["d_new_logps"], "metrics": record["metrics"]}
    if case["args"].get("entropy_coef"):
        answer["entropyGradient"] = record.get("d_entropies", torch.zeros_like(batch["mask"]))
    return answer


def advantages(case):
    rewards = torch.tensor([[float("nan") if x is None else x for x in row] for row in case["rewards"]], dtype=torch.float64)
    if case["estimator"] == "rloo":
        return {"advantages": P.trl_rloo(rewards, case["num_generations"], case["weights"], case["normalize"], case["clip"])}
    values, is_std_zero, totals = P.trl_advantages(
        rewards, case["num_generations"], case["weights"], case["scale_rewards"], case["aggregation"])
    if case["aggregation"] == "normalize_then_sum":  # there `rewards` are the normalised sums
        return {"advantages": values}
    return {"advantages": values, "isStdZero": is_std_zero.double(), "rewards": totals}


def correction(case):
    length = case["length"]
    mask = rows(case["mask"], length).long()
    ratio, metrics = P.trl_is_ratio(rows(case["old"], length), rows(case["sampling"], length), mask, *case["correction"])
    return {"weights": ratio if case["correction"][0].startswith("sequence") else ratio * mask, "metrics": metrics}


answer(lambda case: {"loss": loss, "advantages": advantages, "correction": correction}[case["kind"]](case))
