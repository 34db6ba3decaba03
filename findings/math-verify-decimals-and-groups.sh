#!/usr/bin/env bash
# math-verify 0.9.0 (latex2sympy2-extended 1.11.0, sympy 1.14.0), as accuracy rewards call it: verify(parse(gold), parse(answer)).
# One would expect: 0.\overline{3} is 1/3, and 1\,234 (a thin space between thousands) is 1234.
# Seen (29 November 2026): the bar is dropped, so 0.\overline{3} equals 0 and 0.\overline{4} but not 1/3; the thin space makes a
# mixed number, 1 + 234 = 235; "3 cm" equals "3 m" (units are dropped, as documented).
# Why it matters: such a reward pays wrong answers and refuses right ones; groups of rollouts get advantages of the wrong sign.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
python3 -m venv py && py/bin/pip install -q math-verify==0.9.0 latex2sympy2_extended==1.11.0 sympy==1.14.0
py/bin/python - <<'PY' | tee seen
from math_verify import parse, verify
for gold, answer in ((r"0.\overline{3}", r"\frac{1}{3}"), (r"0.\overline{3}", "0"), (r"0.\overline{3}", r"0.\overline{4}"),
                     (r"1\,234", "1234"), (r"1\,234", "235"), (r"3\text{ cm}", r"3\text{ m}")):
    print(gold, "|", answer, "|", verify(parse(f"${gold}$"), parse(f"${answer}$")))
PY
diff seen - <<'SEEN'
0.\overline{3} | \frac{1}{3} | False
0.\overline{3} | 0 | True
0.\overline{3} | 0.\overline{4} | True
1\,234 | 1234 | False
1\,234 | 235 | True
3\text{ cm} | 3\text{ m} | True
SEEN
