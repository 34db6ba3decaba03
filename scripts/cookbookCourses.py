"""The loops of `tinker-cookbook` itself, `sl_loop` and `rl_loop`: as they are, but for where they read from.

    python cookbookCourses.py BASE_URL MODEL_FOLDER FOLDER sft-steps rl-steps

They load a data set, a tokenizer and the name of a chat format from the hub; here these are local. The reward, a boxed number,
is replaced by one that a model of half a million parameters can earn. Metrics of the loops stand in FOLDER; prints one JSON
object: what they logged.
"""

import json
import os
import string
import sys

import datasets
import tinker
from tinker_cookbook import _version, model_info, tokenizer_utils
from tinker_cookbook.recipes import rl_loop, sl_loop
from transformers import PreTrainedTokenizerFast

base_url, model_folder, folder, sft_steps, rl_steps = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
os.environ.setdefault("TINKER_API_KEY", "tml-local")
service = tinker.ServiceClient(base_url=base_url)
model_name = service.get_server_capabilities().supported_models[0].model_name
tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{model_folder}/tokenizer.json", eos_token="<|im_end|>")
tokenizer_utils.register_tokenizer(model_name, lambda: tokenizer)
model_info.get_recommended_renderer_name = lambda _: "role_colon"

SFT_BATCH, RL_BATCH = 8, 2
sums = [(a, b) for a in range(2, 10) for b in range(1, 9)]
conversations = [
    [
        {"role": "user", "content": f"{a} plus {b} is"},
        {"role": "assistant", "content": f"{a + b}."},
    ]
    for a, b in sums
]


def cycle(rows, count):
    return [rows[i % len(rows)] for i in range(count)]


def local_data(name, *_):
    if name == "HuggingFaceH4/no_robots":
        table = {"messages": cycle(conversations, SFT_BATCH * sft_steps)}
    elif name == "openai/gsm8k":
        table = {
            "question": cycle([f"{a} plus {b}?" for a, b in sums], RL_BATCH * rl_steps),
            "answer": cycle([f"#### {a + b}" for a, b in sums], RL_BATCH * rl_steps),
        }
    else:
        raise ValueError(f"no local data for {name}")
    return datasets.DatasetDict(train=datasets.Dataset.from_dict(table))


datasets.load_dataset = local_data
# the share of the first half of the alphabet among what is said
rl_loop.get_reward = lambda said, _: sum(letter in string.ascii_letters[:13] for letter in said) / max(1, len(said))


def logged(place):
    with open(f"{place}/metrics.jsonl") as lines:
        return [json.loads(line) for line in lines]


common = dict(base_url=base_url, model_name=model_name, lora_rank=8, save_every=5)
sl_loop.main(sl_loop.Config(log_path=f"{folder}/sft", batch_size=SFT_BATCH, learning_rate=2e-3, max_length=256, **common))
rl_loop.main(
    rl_loop.Config(
        log_path=f"{folder}/rl",
        batch_size=RL_BATCH,
        group_size=8,
        learning_rate=1e-2,
        max_tokens=10,
        loss_fn="importance_sampling",
        **common,
    )
)
print(
    json.dumps(
        {
            "version": _version.__version__,
            "sdk": tinker.__version__,
            "sft": [row["train_mean_nll"] for row in logged(f"{folder}/sft") if "train_mean_nll" in row],
            "rl": [row["reward/total"] for row in logged(f"{folder}/rl") if "reward/total" in row],
        }
    )
)
