"""Answers questions about a GGUF file with transformers, gguf-py and PEFT: python reference.py questions.json answers.json

Needs torch, transformers, peft, gguf and tokenizers. Everything is computed in float32 on the CPU.
"""
import hashlib
import json
import os
import sys

import numpy as np
import torch
from gguf import GGUFReader, dequantize, quantize
from peft import PeftModel
from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

questions = json.load(open(sys.argv[1], encoding="utf-8"))
answers = {}
torch.manual_seed(0)
torch.set_num_threads(1)  # two would wait for each other on a busy machine


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array, dtype=np.float32).tobytes()).hexdigest()


def tokenizer_of(gguf):
    """transformers does not know the pre-tokenizer `smollm` (it takes GPT-2's alone): single digits come first in it."""
    tokenizer = AutoTokenizer.from_pretrained(os.path.dirname(gguf), gguf_file=os.path.basename(gguf))
    reader = GGUFReader(gguf)
    pre = reader.fields["tokenizer.ggml.pre"].contents()
    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    if pre == "smollm":
        byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        backend.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    return tokenizer, backend


def logits_of(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits[0, -1].tolist()


def greedy(model, ids, count):
    """Token by token, until an end: nothing of a generation config is applied."""
    ends = set(questions["ends"])
    out, past = [], None
    with torch.no_grad():
        step = torch.tensor([ids])
        while len(out) < count and not (out and out[-1] in ends):
            result = model(input_ids=step, past_key_values=past, use_cache=True)
            past = result.past_key_values
            out.append(int(result.logits[0, -1].argmax()))
            step = torch.tensor([[out[-1]]])
    return out


def batch_loss(model, rows):
    length = max(len(row["ids"]) for row in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, -100)
    for i, row in enumerate(rows):
        n = len(row["ids"])
        ids[i, :n] = torch.tensor(row["ids"])
        mask[i, :n] = 1
        labels[i, :n] = torch.tensor([t if r else -100 for t, r in zip(row["ids"], row["trained"])])
    logits = model(input_ids=ids, attention_mask=mask).logits
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)


def train(model, job):
    settings = job["settings"]
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings["lr"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    losses = []
    for _ in range(settings["steps"]):
        optimizer.zero_grad()
        loss = batch_loss(model, job["rows"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def written(path, base):
    """A file that we wrote from `base`: its fields, and of each tensor whether gguf-py would have written the same bytes."""
    reader, source = GGUFReader(path), GGUFReader(base)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    before = {key: field.contents() for key, field in source.fields.items()}
    tensors = {t.name: t for t in reader.tensors}
    same = {}
    for t in source.tensors:
        mine = tensors.get(t.name)
        values = dequantize(t.data, t.tensor_type)
        expected = quantize(values, mine.tensor_type) if mine is not None else None
        same[t.name] = expected is not None and mine.data.tobytes() == np.ascontiguousarray(expected).tobytes()
    unequal = [k for k, v in before.items() if k in fields and fields[k] != v]
    types = sorted({t.tensor_type.name for t in reader.tensors})
    return {"tensors": same, "extra": sorted(set(tensors) - set(same)), "types": types, "unequal": unequal,
            "missing": sorted(set(before) - set(fields))}


gguf = questions["gguf"]
if "written" in questions:
    answers["written"] = [written(path, gguf) for path in questions["written"]]
if "tokenizers" in questions:
    answers["tokenizers"] = []
    for job in questions["tokenizers"]:
        if job["path"] is None:
            backend = tokenizer_of(gguf)[1]
        else:
            backend = Tokenizer.from_file(job["path"])
        ids = [backend.encode(text, add_special_tokens=False).ids for text in job["texts"]]
        texts = [backend.decode(one, skip_special_tokens=False) for one in ids]
        answers["tokenizers"].append({"ids": ids, "texts": texts})
if "chats" in questions:
    tokenizer, backend = tokenizer_of(gguf)
    rendered = [tokenizer.apply_chat_template(c, add_generation_prompt=True, tokenize=False) for c in questions["chats"]]
    answers["chats"] = [[text, backend.encode(text, add_special_tokens=False).ids] for text in rendered]
if "prompts" in questions:
    folder, file = os.path.split(gguf)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    model.config.use_cache = True
    state = model.state_dict()
    names = [n for n, _ in model.named_parameters()]
    answers["weights"] = {n: digest(state[n].numpy()) for n in names}
    answers["logits"] = [logits_of(model, ids) for ids in questions["prompts"]]
    answers["greedy"] = [greedy(model, ids, questions["tokens"]) for ids in questions["prompts"][: questions["greedy"]]]
    lora = questions["lora"]
    peft = PeftModel.from_pretrained(model, lora["trained"])
    answers["adapted"] = [logits_of(peft, ids) for ids in lora["prompts"]]
    model = peft.unload()
    answers["variants"] = []
    for path in lora["variants"]:
        peft = PeftModel.from_pretrained(model, path).eval()
        answers["variants"].append([logits_of(peft, ids) for ids in lora["prompts"]])
        model = peft.unload()
    peft = PeftModel.from_pretrained(model, lora["start"], is_trainable=True)
    answers["losses"] = train(peft, lora)

json.dump(answers, open(sys.argv[2], "w"))
