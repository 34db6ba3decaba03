#!/usr/bin/env bash
# reasoning-gym 0.1.25.
# One would expect: one constant text cannot earn the full score on every item of a data set whose answers differ.
# Seen (29 November 2026, 50 items, seed 42): in game_of_life_halting every text scores 1 (the text is turned into a truth
# value), in complex_arithmetic the text "nan" does (the distance is not a number, and min(1.0, nan) is 1.0), and in coin_flip
# "0" does on nearly all items (it is a prefix of the stored "0.xxx").
# Why it matters: a policy trained on these finds the constant within a few updates, and its curve looks like learning.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv py && py/bin/pip install -q reasoning-gym==0.1.25
py/bin/python - 2>/dev/null <<'PY' | tee seen
import reasoning_gym
for name, constant in (("game_of_life_halting", "I do not know"), ("complex_arithmetic", "nan"), ("coin_flip", "0")):
    data = reasoning_gym.create_dataset(name, size=50, seed=42)
    scores = [data.score_answer(constant, item) for item in data]
    answers = len({item["answer"] for item in data})
    print(name, repr(constant), "full score on", sum(s == 1.0 for s in scores), "of 50;", "answers differ" if answers > 1 else "one answer")
PY
diff seen - <<'SEEN'
game_of_life_halting 'I do not know' full score on 50 of 50; answers differ
complex_arithmetic 'nan' full score on 50 of 50; answers differ
coin_flip '0' full score on 48 of 50; answers differ
SEEN
