#!/usr/bin/env bash
# openenv-core 0.3.0 and openenv 0.10.0 (the same project, renamed): what their servers send for an observation.
# One would expect: metadata that an environment attaches to its step stays beside the observation.
# Seen (29 November 2026): since openenv 0.4 the server also puts a `metadata` field into `observation`; 0.3.0 did not.
# Why it matters: a client that shows the observation's fields to the policy starts to show metadata with it, and environments
# keep truth and debugging facts there: the answer may enter the prompt.
# Exit code 0: still so. 1: it changed.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT && cd "$work"
cat > payload.py <<'PY'
from openenv.core.env_server.serialization import serialize_observation
from openenv.core.env_server.types import Observation


class Echo(Observation):
    text: str


payload = serialize_observation(Echo(text="hi", reward=0.5, done=False, metadata={"truth": 42}))
print({key: payload[key] for key in sorted(payload)})
PY
for package in openenv-core==0.3.0 openenv==0.10.0; do
  python3 -m venv "${package%%=*}" && "${package%%=*}/bin/pip" install -q "$package"
  echo "$package $("${package%%=*}/bin/python" payload.py)"
done | tee seen
diff seen - <<'SEEN'
openenv-core==0.3.0 {'done': False, 'observation': {'text': 'hi'}, 'reward': 0.5}
openenv==0.10.0 {'done': False, 'metadata': {'truth': 42}, 'observation': {'metadata': {'truth': 42}, 'text': 'hi'}, 'reward': 0.5}
SEEN
