"""Lets a TRL trainer take one step per request: the loop is the trainer's own, the waiting happens in a callback."""
import time
from transformers import TrainerCallback
from serve import requests, say


class OneStepPerRequest(TrainerCallback):
    def __init__(self, variant, warm_steps=2):
        self.variant, self.warm, self.asked, self.left, self.started = variant, warm_steps, requests(), 0, 0.0

    def on_step_begin(self, args, state, control, **_):
        if self.warm > 0 or self.left > 0:
            return
        request = next(self.asked, None)
        if request is None:
            raise SystemExit(0)
        self.left = self.repeats = request["repeats"]
        self.started = time.perf_counter()

    def on_step_end(self, args, state, control, **_):
        if self.warm > 0:
            self.warm -= 1
            if self.warm == 0:
                say(ready=[self.variant], failed={})
            return
        self.left -= 1
        if self.left == 0:
            say(seconds=(time.perf_counter() - self.started) / self.repeats)
