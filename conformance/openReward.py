"""An environment of the Open Reward Standard for conformance/openReward.ts.

Needs the package openreward, or ors-sdk:
    uvicorn --app-dir conformance openReward:app --host 127.0.0.1 --port 8080
"""

import asyncio
import os

from pydantic import BaseModel

try:
    from openreward.environments import Environment, Server, Split, TextBlock, ImageBlock, ToolOutput, terminal, tool
except ImportError:  # ors-sdk, which knows no terminal tools
    from ors import Environment, Server, Split, TextBlock, ImageBlock, ToolOutput, tool

    terminal = None

# Blanks at the places where the server cuts its answers into pieces (every 4096 characters) must survive.
LONG = " ".join(f"{i:>7}" for i in range(1100)) + " \u00e9\u4e16\U0001f30d end"


def says(text, reward=None, finished=False, metadata=None):
    return ToolOutput(blocks=[TextBlock(text=text)], reward=reward, finished=finished, metadata=metadata)


class Guess(BaseModel):
    number: int


class Wait(BaseModel):
    seconds: float


class Word(BaseModel):
    word: str


class Answer(BaseModel):
    answer: str


class Steps(Environment):
    """A game of two steps, each with its reward, and tools that misbehave."""

    def __init__(self, task_spec={}, secrets={}):
        super().__init__(task_spec=task_spec, secrets=secrets)
        self.secrets = secrets
        self.found = 0
        self.slept = 0

    @classmethod
    def list_splits(cls):
        return [Split(name="train", type="train"), Split(name="test", type="test")]

    @classmethod
    def list_tasks(cls, split):
        first = {"train": 3, "test": 50}[split]
        return [{"numbers": [first + i, first + i + 1]} for i in range(4)]

    async def setup(self):
        await asyncio.sleep(self.task_spec.get("setup", 0))
        if self.task_spec.get("broken"):
            raise RuntimeError("the sandbox did not start")

    def get_prompt(self):
        blocks = [TextBlock(text="Guess two numbers, the second after the first.")]
        if self.task_spec.get("picture"):
            blocks.append(ImageBlock(data="iVBORw0KGgo=", mimeType="image/png"))
        return blocks

    @tool
    async def guess(self, params: Guess) -> ToolOutput:
        """Guess the next number."""
        if params.number != self.task_spec["numbers"][self.found]:
            return says("No.", reward=0.0)
        self.found += 1
        done = self.found == 2
        return says("Both found." if done else "Yes, go on.", reward=0.5, finished=done, metadata={"found": self.found})

    @tool
    async def sleep(self, params: Wait) -> ToolOutput:
        """Wait for some seconds."""
        self.slept += 1
        await asyncio.sleep(params.seconds)
        return says(f"Slept {self.slept} times.")

    @tool
    async def fail(self) -> ToolOutput:
        """Fail."""
        raise RuntimeError("the disk is full\nof numbers")

    @tool
    async def recite(self) -> ToolOutput:
        """Say a long text."""
        return says(LONG)

    @tool
    async def draw(self) -> ToolOutput:
        """Draw a picture."""
        return ToolOutput(blocks=[ImageBlock(data="iVBORw0KGgo=", mimeType="image/png")])

    @tool
    async def secret(self, params: Word) -> ToolOutput:
        """Tell how long a secret is."""
        return says(str(len(self.secrets.get(params.word, ""))))

    @tool
    async def tell(self, params: Word) -> ToolOutput:
        """Tell a secret."""
        return says(f"It is {self.secrets.get(params.word)}.")


class Capital(Environment):
    """A question that is answered in plain text."""

    @classmethod
    def list_splits(cls):
        return ["train", "hard"]

    @classmethod
    def list_tasks(cls, split):
        return [{"question": "The capital of France?", "answer": "Paris"}]

    def get_prompt(self):
        return [TextBlock(text=self.task_spec["question"])]

    @tool
    async def answer(self, params: Answer) -> ToolOutput:
        """Give the answer."""
        right = params.answer.strip() == self.task_spec["answer"]
        return says("Right." if right else "Wrong.", reward=float(right), finished=True)

    if terminal:
        answer = terminal(answer)


class Dialogue(Environment):
    """A conversation that the policy continues; only openreward has messages."""

    @classmethod
    def list_splits(cls):
        return ["train"]

    @classmethod
    def list_tasks(cls, split):
        return [{}]

    def get_messages(self):
        from openreward.environments import Message, ToolCallBlock, ToolResultBlock
        from openreward.environments.types import ReasoningBlock

        return [
            Message(role="system", blocks=[TextBlock(text="You are a clerk.")]),
            Message(role="user", blocks=[TextBlock(text="What time is it?")]),
            Message(
                role="assistant",
                blocks=[ReasoningBlock(text="The clock knows."), ToolCallBlock(id="1", name="clock", input={})],
            ),
            Message(role="user", blocks=[ToolResultBlock(tool_call_id="1", blocks=[TextBlock(text="12:00")])]),
            Message(role="assistant", blocks=[TextBlock(text="Noon.")]),
            Message(role="user", blocks=[TextBlock(text="And in words?")]),
        ]

    @tool
    async def clock(self) -> ToolOutput:
        """The time."""
        return says("12:00", reward=1.0, finished=True)


class Letters(Environment):
    """Pays a tenth for each letter of the answer, up to 1."""

    @classmethod
    def list_splits(cls):
        return ["train"]

    @classmethod
    def list_tasks(cls, split):
        return [{} for _ in range(20)]

    def get_prompt(self):
        return [TextBlock(text="Say something.")]

    @tool
    async def say(self, params: Answer) -> ToolOutput:
        """Say it."""
        return says("Thank you.", reward=min(1.0, len(params.answer) / 10), finished=True)

    if terminal:
        say = terminal(say)


environments = [Steps, Capital] + ([Dialogue, Letters] if terminal else [])
app = Server(environments, return_errors="exception").app
