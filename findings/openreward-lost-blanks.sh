#!/usr/bin/env bash
# openreward 0.1.167 (client and server of the Open Reward Standard) and ors-sdk 0.1.0: a tool's answer as their own client reads it.
# One would expect: the text that the tool returned.
# Seen (30 November 2026): servers cut an answer into pieces of 4,096 characters; the client strips all blanks at the beginning
# of each piece, where the format of event streams takes away one.
# Why it matters: what a policy reads (and is trained on, in TRL's integration too) is not what the environment said; indented
# code and tables are the first to suffer, and nothing is reported.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
cat > app.py <<'PY'
try:
    from openreward.environments import Environment, Server, TextBlock, ToolOutput, tool
except ImportError:
    from ors import Environment, Server, TextBlock, ToolOutput, tool

TEXT = "a    " * 2000


class Env(Environment):
    @classmethod
    def list_splits(cls):
        return ["train"]

    @classmethod
    def list_tasks(cls, split):
        return [{}]

    def get_prompt(self):
        return [TextBlock(text="Call recite.")]

    @tool
    async def recite(self) -> ToolOutput:
        """A text."""
        return ToolOutput(blocks=[TextBlock(text=TEXT)])


app = Server([Env]).app
PY
cat > client.py <<'PY'
import os
import sys

from app import TEXT

os.environ["OPENREWARD_API_URL"] = os.environ["OPENREWARD_SESSION_URL"] = sys.argv[1]

try:
    from openreward import OpenReward as Client
except ImportError:
    from ors.client import ORS as Client

client = Client(base_url=sys.argv[1], api_key="none")
with client.environments.get("env").session(split="train", index=0) as session:
    read = session.call_tool("recite", {}).blocks[0].text
print(f"said {len(TEXT)} characters, read {len(read)}; equal: {read == TEXT}")
PY
export OPENREWARD_DISABLE_UPDATE_CHECK=1
for package in openreward==0.1.167 ors-sdk==0.1.0; do
  venv=${package%%=*}
  python3 -m venv "$venv" && "$venv/bin/pip" install -q "$package" uvicorn
  port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$venv/bin/python" -m uvicorn app:app --host 127.0.0.1 --port "$port" --log-level critical > log 2>&1 & server=$!
  trap 'kill $server 2>/dev/null' EXIT
  until "$venv/bin/python" -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null; do sleep 0.2; done
  echo "$package $("$venv/bin/python" client.py "http://127.0.0.1:$port" 2>> log | tail -1)"
  kill $server
  wait $server 2>/dev/null || true
done | tee seen
diff seen - <<'SEEN'
openreward==0.1.167 said 10000 characters, read 9993; equal: False
ors-sdk==0.1.0 said 10000 characters, read 9993; equal: False
SEEN
