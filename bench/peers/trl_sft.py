"""TRL's SFTTrainer over rows that already hold the full length (what packing yields)."""
import tempfile
from serve import options
spec, variants = options()
import torch
from datasets import Dataset
from trl import SFTConfig, SFTTrainer
from qwen3 import hf_model, toy_tokenizer
from trl_loop import OneStepPerRequest
B, T, V = spec["trainBatch"], spec["trainLength"], spec["vocab"]
rows = [{"input_ids": torch.randint(3, V, (T,)).tolist()} for _ in range(B * 200)]
with tempfile.TemporaryDirectory() as folder:
    config = SFTConfig(
        output_dir=folder, use_cpu=True, bf16=False, per_device_train_batch_size=B, max_steps=100_000, learning_rate=1e-4, max_length=T,
        packing=False, logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True, gradient_checkpointing=False, dataset_num_proc=1, seed=0)
    model = hf_model(spec, bos_token_id=None, eos_token_id=1, pad_token_id=0)
    SFTTrainer(model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=toy_tokenizer(V),
               callbacks=[OneStepPerRequest(variants[0])]).train()
