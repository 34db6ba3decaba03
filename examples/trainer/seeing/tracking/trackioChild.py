# Reads what childTracker writes and hands it to trackio (pip install trackio).
import json
import sys

try:
    import trackio
except ImportError:
    sys.exit("the Python package trackio is not installed. Run: pip install trackio, and set MOLRL_PYTHON to that Python")

for text in sys.stdin:
    line = json.loads(text)
    if "run" in line:
        run = line["run"]
        trackio.init(
            project=run["project"], name=run["name"], config=run["config"], resume="allow", embed=False
        )
    else:
        trackio.log(line["scalars"], step=line["step"])
trackio.finish()
