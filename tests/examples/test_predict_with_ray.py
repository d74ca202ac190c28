import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytest.importorskip("ray")

EXAMPLE = Path(__file__).parents[2] / "examples" / "predict_with_ray.py"


def workers_of(process):
    """Return the processes of a local cluster that predict files."""
    return [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "Predict" in " ".join(child.cmdline())
    ]


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, "the command ended early"
        time.sleep(0.01)


def test_files_of_a_killed_worker_are_done_again(trained_experiments, corpus, tmp_path):
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    content = (corpus / "test0.wav").read_bytes()
    names = [f"call{number:03d}" for number in range(60)]
    for name in names:
        (recordings / f"{name}.wav").write_bytes(content)
    out = tmp_path / "out"
    command = [sys.executable, EXAMPLE, "sad", trained_experiments["sad"], recordings, out]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    wait_for(lambda: len(list(out.glob("*.rttm"))) >= 4, process)
    killed, *_ = workers_of(process)
    os.kill(killed.pid, signal.SIGKILL)
    done = len(list(out.glob("*.rttm")))
    assert done < len(names), "all files were done before a worker was killed"
    assert process.wait() == 0, (tmp_path / "log").read_text()
    assert f"Wrote the results of {len(names)} files" in (tmp_path / "log").read_text()

    assert sorted(path.stem for path in out.glob("*.rttm")) == names
    lines = {path.stem: path.read_text() for path in out.glob("*.rttm")}
    expected = lines[names[0]].replace(names[0], "{}")
    assert expected
    assert all(line == expected.replace("{}", name) for name, line in lines.items())
