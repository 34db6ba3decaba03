"""Seconds that math-verify takes per pair of math_generated.json: a JSON list on stdin, a JSON list on stdout."""
import json
import logging
import sys
import time

from math_verify import parse, verify

logging.disable(logging.CRITICAL)
pairs = json.load(sys.stdin)
for gold, pred in pairs[:20]:
    verify(parse("\\boxed{%s}" % gold), parse(pred))
seconds = []
for gold, pred in pairs:
    start = time.perf_counter()
    verify(parse("\\boxed{%s}" % gold), parse(pred))
    seconds.append(time.perf_counter() - start)
json.dump(seconds, sys.stdout)
