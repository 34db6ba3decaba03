"""What every peer shares: options, and the loop that runs a variant when the benchmark asks for it.

A peer prints `@{"ready": [...], "failed": {...}}`, then answers each line `{"variant": V, "repeats": N}`
with `@{"seconds": S}`, the wall time of one call (mean of N). The benchmark alternates between us and the peers,
so that a change of the machine's load meets all of them.
"""
import argparse
import json
import os
import sys
import time


def options():
    p = argparse.ArgumentParser()
    p.add_argument("--spec", required=True, help="JSON: the case, as bench/shapes.ts has it")
    p.add_argument("--threads", type=int, required=True)
    p.add_argument("--variants", required=True)
    p.add_argument("--device", default="cpu", help="what torch computes on")
    a = p.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(a.threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    torch.set_num_threads(a.threads)
    torch.set_default_device(a.device)
    torch.manual_seed(0)
    return json.loads(a.spec), a.variants.split(",")


def say(**message):
    print("@" + json.dumps(message), flush=True)


def finish():
    """Waits until the device has nothing more to do."""
    import torch
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def requests():
    for line in sys.stdin:
        if line.strip():
            yield json.loads(line)


def serve(variants, make):
    """make(name) -> a function that does the work once; one that raises is reported and left out."""
    ready, failed = {}, {}
    for name in variants:
        try:
            run = make(name)
            run()
            finish()
            ready[name] = run
        except Exception as error:  # the peer's fault is part of the report
            failed[name] = "%s: %s" % (type(error).__name__, str(error).split("\n")[0][:200])
    say(ready=list(ready), failed=failed)
    for request in requests():
        run = ready[request["variant"]]
        started = time.perf_counter()
        for _ in range(request["repeats"]):
            run()
        finish()
        say(seconds=(time.perf_counter() - started) / request["repeats"])
