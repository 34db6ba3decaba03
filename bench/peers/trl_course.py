"""TRL's side of the course's benchmark: GRPOTrainer with peft's LoRA r 16 on a folder that our saveModel wrote."""
import tempfile
from serve import options
spec, variants = options()
import json
import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
from trl_loop import OneStepPerRequest
rows = [{"prompt": [{"role": "user", "content": json.loads(row)["prompt"]}]} for row in open(spec["rows"])]


def reward(completions, **_):
    return [sum(map(ord, said[0]["content"])) % 7 / 7 for said in completions]


model = AutoModelForCausalLM.from_pretrained(spec["model"], dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(spec["model"])
lora = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, task_type="CAUSAL_LM",
                  target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
with tempfile.TemporaryDirectory() as folder:
    config = GRPOConfig(
        output_dir=folder, use_cpu=True, bf16=False, per_device_train_batch_size=64, num_generations=8, max_completion_length=8,
        gradient_accumulation_steps=1, max_steps=100_000, learning_rate=2e-4, lr_scheduler_type="constant", beta=0.0, temperature=1.0,
        top_k=0, logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True, gradient_checkpointing=False, seed=0)
    GRPOTrainer(model=model, reward_funcs=reward, args=config, train_dataset=Dataset.from_list(rows * 20), processing_class=tokenizer,
                peft_config=lora, callbacks=[OneStepPerRequest(variants[0])]).train()
