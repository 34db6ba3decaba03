"""Two courses of the official `tinker` SDK, as tinker-cookbook's loops are built: supervised, then by reward.

    python tinkerCourses.py BASE_URL MODEL_FOLDER sft-steps rl-steps

Tokenizer and data set are local. Prints one JSON object: what was measured.
"""

import json
import string
import sys

import tinker
from tinker import types
from tokenizers import Tokenizer

base_url, folder, sft_steps, rl_steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
service = tinker.ServiceClient(base_url=base_url, api_key="tml-local")
base_model = service.get_server_capabilities().supported_models[0].model_name
adam = lambda rate: types.AdamParams(learning_rate=rate, beta1=0.9, beta2=0.95, eps=1e-8)


def encode(text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def tensor(values, dtype="float32"):
    return types.TensorData(data=list(values), dtype=dtype, shape=[len(values)])


def supervised_datum(prompt, answer):
    """Targets are the tokens shifted by one; the prompt has no weight."""
    ids = prompt + answer
    weights = [0.0] * (len(prompt) - 1) + [1.0] * len(answer)
    return types.Datum(
        model_input=types.ModelInput.from_ints(ids[:-1]),
        loss_fn_inputs={"target_tokens": tensor(ids[1:], "int64"), "weights": tensor(weights)},
    )


def supervised():
    """Answers of twelve questions, learned by heart."""
    training = service.create_lora_training_client(base_model=base_model, rank=8, seed=1)
    info = training.get_info()
    rows = [(f"{a} plus {b} is", f" {a + b}.") for a in range(3, 7) for b in range(2, 5)]
    data = [supervised_datum(encode(question), encode(answer)) for question, answer in rows]
    tokens = sum(sum(datum.loss_fn_inputs["weights"].data) for datum in data)
    means = []
    for step in range(sft_steps):
        rate = 2e-2 * (1 - step / sft_steps)
        result = training.forward_backward(data, "cross_entropy")
        moved = training.optim_step(adam(rate / tokens * 10))
        output = result.result()
        means.append(output.metrics["loss:sum"] / tokens)
        assert all(value > 0 for value in moved.result().metrics.values())
    state = training.save_state("sft").result().path
    after = training.forward(data, "cross_entropy").result()
    restored = service.create_training_client_from_state_with_optimizer(state)
    again = restored.forward(data, "cross_entropy").result()
    apart = max(
        abs(x - y)
        for one, other in zip(after.loss_fn_outputs, again.loss_fn_outputs)
        for x, y in zip(one["logprobs"].data, other["logprobs"].data)
    )
    return {
        "model_name": info.model_data.model_name,
        "loss": means,
        "restored_apart": apart,
        "checkpoint": state,
    }


def by_reward():
    """The share of the first half of the alphabet among what is said."""
    training = service.create_lora_training_client(base_model=base_model, rank=8, seed=2)
    params = lambda step: types.SamplingParams(max_tokens=10, temperature=1.0, seed=step)
    prompt = types.ModelInput.from_ints(encode("Say"))
    rewards, apart = [], 0.0
    for step in range(rl_steps):
        sampling = training.save_weights_and_get_sampling_client()
        futures = [sampling.sample(prompt, num_samples=8, sampling_params=params(2 * step + i)) for i in range(2)]
        data = []
        for future in futures:
            group = future.result().sequences
            texts = [tokenizer.decode(list(one.tokens)) for one in group]
            scores = [
                sum(letter in string.ascii_letters[:13] for letter in text) / max(1, len(text))
                for text in texts
            ]
            mean = sum(scores) / len(scores)
            rewards.append(mean)
            for one, score in zip(group, scores):
                before = prompt.length - 1
                ids = list(one.tokens)
                data.append(
                    types.Datum(
                        model_input=prompt.append(types.EncodedTextChunk(tokens=ids[:-1])),
                        loss_fn_inputs={
                            "target_tokens": tensor([0] * before + ids, "int64"),
                            "logprobs": tensor([0.0] * before + list(one.logprobs)),
                            "advantages": tensor([0.0] * before + [score - mean] * len(ids)),
                        },
                    )
                )
        result = training.forward_backward(data, "importance_sampling")
        moved = training.optim_step(adam(1e-2))
        outputs = result.result().loss_fn_outputs
        moved.result()
        for datum, output in zip(data, outputs):
            old = datum.loss_fn_inputs["logprobs"].data
            pairs = list(zip(old, output["logprobs"].data))[prompt.length - 1 :]
            apart = max([apart] + [abs(x - y) for x, y in pairs])
    return {"reward": rewards, "sampler_apart": apart}


def other_calls():
    """What a client does beside the loops: prompt log-probs, stops, mistakes."""
    sampling = service.create_sampling_client(base_model=base_model)
    prompt = types.ModelInput.from_ints(encode("Say"))
    scores = sampling.compute_logprobs(prompt).result()
    greedy = types.SamplingParams(max_tokens=6, temperature=0.0, stop=[])
    [one] = sampling.sample(prompt, num_samples=1, sampling_params=greedy).result().sequences
    faults = []
    training = service.create_lora_training_client(base_model=base_model, rank=4)
    short = supervised_datum(encode("Say"), encode(" it"))
    for name, call in {
        "unknown loss": lambda: training.forward_backward([short], "dro").result(),
        "no gradient": lambda: training.optim_step(adam(1e-3)).result(),
        "other base": lambda: service.create_lora_training_client(base_model="other/model", rank=4),
    }.items():
        try:
            answer = call()
            getattr(answer, "result", lambda: None)()  # a future in newer versions
            faults.append(f"{name}: was done")
        except Exception as error:  # every kind is a refusal
            faults.append(f"{name}: {type(error).__name__}")
    return {"prompt_scores": len(scores), "first_score": scores[0], "greedy": list(one.tokens), "refused": faults}


print(json.dumps({"version": tinker.__version__, "sft": supervised(), "rl": by_reward(), "other": other_calls()}))
