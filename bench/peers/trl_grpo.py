"""TRL's GRPOTrainer: 8 prompts x 8 completions x 32 tokens, a reward that costs nothing, beta 0."""
import tempfile
from serve import options, say
spec, variants = options()
import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer
from qwen3 import hf_model, toy_tokenizer
from trl_loop import OneStepPerRequest
STEPS = 100_000  # more than anyone asks for
P, G, N, V = spec["grpoPrompts"], spec["grpoGenerations"], spec["grpoNewTokens"], spec["vocab"]
rows = [{"prompt": " ".join("w%d" % i for i in torch.randint(3, V, (spec["promptLength"],)).tolist())} for _ in range(P * 200)]


def reward(completion_ids, **_):
    return [sum(1.0 for t in ids if t % 2 == 0) / max(1, len(ids)) for ids in completion_ids]


with tempfile.TemporaryDirectory() as folder:
    config = GRPOConfig(
        output_dir=folder, use_cpu=True, bf16=False, per_device_train_batch_size=P * G, num_generations=G, max_completion_length=N,
        gradient_accumulation_steps=1, max_steps=STEPS, learning_rate=1e-4, beta=0.0, temperature=1.0, top_k=0, logging_steps=1,
        save_strategy="no", report_to=[], disable_tqdm=True, gradient_checkpointing=False, generation_kwargs={"min_new_tokens": N}, seed=0)
    model = hf_model(spec, bos_token_id=None, eos_token_id=1, pad_token_id=0)
    GRPOTrainer(model=model, reward_funcs=reward, args=config, train_dataset=Dataset.from_list(rows), processing_class=toy_tokenizer(V),
                callbacks=[OneStepPerRequest(variants[0])]).train()
