"""TRL's SDPOTrainer: 8 prompts x 8 completions x 32 tokens, all wrong and answered by 12 tokens, full-vocabulary reverse KL to an EMA teacher."""
import tempfile
from serve import options
spec, variants = options()
import torch
from datasets import Dataset
from trl.experimental.sdpo import SDPOConfig, SDPOTrainer
from qwen3 import hf_model, toy_tokenizer
from trl_loop import OneStepPerRequest
STEPS = 100_000  # more than anyone asks for
P, G, N, V = spec["grpoPrompts"], spec["grpoGenerations"], spec["grpoNewTokens"], spec["vocab"]


def words(count):
    return " ".join("w%d" % i for i in torch.randint(3, V, (count,)).tolist())


rows = [{"prompt": words(spec["promptLength"]), "privileged_context": words(spec["feedbackLength"])} for _ in range(P * 200)]


def reward(completion_ids, **_):
    return [0.0] * len(completion_ids)


with tempfile.TemporaryDirectory() as folder:
    config = SDPOConfig(
        output_dir=folder, use_cpu=True, bf16=False, per_device_train_batch_size=P * G, num_generations=G, max_completion_length=N,
        gradient_accumulation_steps=1, max_steps=STEPS, learning_rate=1e-4, temperature=1.0, top_k=0, logging_steps=1,
        save_strategy="no", report_to=[], disable_tqdm=True, gradient_checkpointing=False, generation_kwargs={"min_new_tokens": N}, seed=0,
        distillation_mode="full_logits", distillation_alpha=1.0, teacher_update_rate=0.01, include_environment_feedback=True,
        reprompt_template="{prompt} {solution}{feedback}", feedback_template="{feedback_raw}", diagnostics_warning_interval=0)
    base = folder + "/base"  # it loads its teacher from where the student came from
    hf_model(spec, bos_token_id=None, eos_token_id=1, pad_token_id=0).save_pretrained(base)
    SDPOTrainer(model=base, reward_funcs=reward, args=config, train_dataset=Dataset.from_list(rows), processing_class=toy_tokenizer(V),
                callbacks=[OneStepPerRequest(variants[0])]).train()
