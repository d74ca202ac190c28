"""Kills at random times neither lose epochs, nor damage files, nor change weights."""

import hashlib
import random
import shutil
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest
import torch
import yaml

from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.stress

COMMAND = Path(sysconfig.get_path("scripts")) / "pyannote-strf"
EPOCHS = 15
KILLS = {"train": 30, "validate": 10, "apply": 10}
METRICS = {"sad": "detection_error_rate", "emb": "equal_error_rate"}


class Run:
    """Commands of one application on one experiment."""

    def __init__(self, application, root, corpus):
        config, self.protocol = {
            "sad": (TINY_CONFIG, PROTOCOL),
            "emb": (TINY_VERIFICATION, VOICES),
        }[application]
        self.application, self.root = application, root
        self.registry = f"--registry={corpus / 'database.yml'}"
        self.train_dir = root / "train" / f"{self.protocol}.train"
        self.validate_dir = (
            self.train_dir / f"validate_{METRICS[application]}" / f"{self.protocol}.development"
        )
        root.mkdir(exist_ok=True)
        (root / "config.yml").write_text(yaml.safe_dump(config))

    def command(self, name):
        path = {"train": self.root, "validate": self.train_dir, "apply": self.validate_dir}[name]
        options = ["--cpu", self.registry]
        if name == "train":
            options += [f"--to={EPOCHS}", "--parallel=1"]
            if self.epochs():
                options.append("--from=last")
        if name == "validate" and self.application == "sad":
            options += [f"--metric={METRICS['sad']}", f"--every={EPOCHS // 3}", "--trials=20"]
        if name == "apply" and self.application == "sad":
            options.append("--scores")
        return [COMMAND, self.application, name, *options, path, self.protocol]

    def finish(self, name):
        start = time.monotonic()
        subprocess.run(self.command(name), check=True, capture_output=True)
        return time.monotonic() - start

    def kill(self, name, delay):
        """Run a command, and return whether it was killed before its end."""
        process = subprocess.Popen(
            self.command(name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(delay)
            assert process.returncode == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        return False

    def epochs(self):
        return sorted((self.train_dir / "weights").glob("[0-9]*.ckpt"))

    def outputs(self, name):
        """Return digests of the files that a command has written so far."""
        if name == "train":
            return {path.name: weights(path) for path in self.epochs()}
        folder = self.validate_dir / "apply" if name == "apply" else self.validate_dir
        pattern = "**/*" if name == "apply" else "params.yml"
        files = [path for path in folder.glob(pattern) if path.is_file()]
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if not path.name.endswith(".partial")
        }

    def forget(self, name):
        if name == "train":
            shutil.rmtree(self.train_dir)
        elif name == "apply":
            shutil.rmtree(self.validate_dir / "apply", ignore_errors=True)
        else:
            shutil.rmtree(self.validate_dir)


def weights(path):
    digest = hashlib.sha256()
    for name, value in torch.load(path, weights_only=False)["state_dict"].items():
        digest.update(name.encode() + value.numpy().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("application", METRICS)
def test_kills_at_random_times_change_no_output(tmp_path, corpus, voices, application):
    source = {"sad": corpus, "emb": voices}[application]
    whole, killed = (Run(application, tmp_path / name, source) for name in ("whole", "killed"))
    rng = random.Random(0)
    kills = dict.fromkeys(KILLS, 0)
    for name, wanted in KILLS.items():
        duration = whole.finish(name)
        expected = whole.outputs(name)
        assert expected
        while kills[name] < wanted:
            before = set(killed.outputs(name))
            kills[name] += killed.kill(name, rng.uniform(0.2, 1.0) * duration)
            found = killed.outputs(name)
            assert before <= set(found), "an epoch, or a file, is lost"
            assert found.items() <= expected.items(), "weights differ, or a file is damaged"
            if found == expected:
                killed.forget(name)
        killed.finish(name)
        assert killed.outputs(name) == expected
        assert not list(killed.root.rglob("*.partial"))
    print(application, kills)
