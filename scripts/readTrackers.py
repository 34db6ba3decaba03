# Reads back what trackers wrote, with their own readers, as one JSON object on stdout.
#     readTrackers.py tensorboard-slow FOLDER | tensorboard-fast FOLDER | trackio PROJECT RUN
# TensorBoard: {tag: [[step, value], ...]}; trackio: the same.
import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request


def slow(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(folder, size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def fast(folder):
    """TensorBoard itself with its default loader, the data server."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--port", "0"]
    server = subprocess.Popen([*command, "--load_fast=true"], stderr=subprocess.PIPE, text=True)
    try:
        for line in server.stderr:
            if "http://" in line:
                address = "http://" + line.split("http://")[1].split()[0].rstrip("/")
                break
        get = lambda path: json.load(urllib.request.urlopen(f"{address}/data/plugin/scalars/{path}"))
        for _ in range(60):
            tags = get("tags")
            if tags:
                break
            time.sleep(0.5)
        (run, names), = tags.items()
        points = lambda tag: get("scalars?" + urllib.parse.urlencode({"run": run, "tag": tag}))
        return {tag: [[step, value] for _, step, value in points(tag)] for tag in names}
    finally:
        server.terminate()


def trackio(project, run):
    from trackio.sqlite_storage import SQLiteStorage

    found = {}
    for row in SQLiteStorage.get_logs(project, run):
        for tag, value in row.items():
            if isinstance(value, (int, float)) and tag != "step":
                found.setdefault(tag, []).append([row["step"], value])
    return found


READERS = {"tensorboard-slow": slow, "tensorboard-fast": fast, "trackio": trackio}
print(json.dumps(READERS[sys.argv[1]](*sys.argv[2:])))
