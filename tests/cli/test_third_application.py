"""Every command works with an application registered at run time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import typer
import yaml
from pyannote.audio.core.model import Model
from pyannote.audio.core.pipeline import Pipeline
from pyannote.audio.core.task import Problem, Resolution, Specifications, Task
from pyannote.pipeline.parameter import Uniform
from torch import nn

from pyannote_strf.applications.base import GROUP, Application
from pyannote_strf.applications.types import ApplyResult, Comparable, ComparableMetric, EpochScore
from pyannote_strf.audio import mono_reader
from pyannote_strf.cli import application as commands
from pyannote_strf.cli.compare import compare
from pyannote_strf.compat.optional_validation import OptionalValidation
from pyannote_strf.database.protocols import get_files
from pyannote_strf.files import write_text
from pyannote_strf.models.checkpoint import get_model
from pyannote_strf.plugins import register
from tests.conftest import PROTOCOL

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


class LoudnessTask(OptionalValidation, Task):
    """Classify clips as loud or not."""

    def prepare_data(self):
        if self.cache and not self.cache.exists():
            self.cache.write_bytes(b"")

    def setup(self, stage=None):
        self.files = [str(file["audio"]) for file in self.protocol.train()]
        self.has_validation = False
        self.specifications = Specifications(
            Problem.BINARY_CLASSIFICATION, Resolution.CHUNK, self.duration, classes=["loud"]
        )

    def default_metric(self):
        return []

    def train__len__(self):
        return 2 * self.batch_size

    def train__iter__(self):
        while True:
            for number, path in enumerate(self.files):
                waveform, _ = self.model.audio(path)
                yield {"X": waveform[:, :16000], "y": float(number % 2)}

    def collate_fn(self, batch, stage="train"):
        return {
            "X": torch.stack([item["X"] for item in batch]),
            "y": torch.tensor([item["y"] for item in batch]),
        }

    def training_step(self, batch, batch_idx):
        return F.binary_cross_entropy(self.model(batch["X"])[:, 0], batch["y"])


class LoudnessModel(Model):
    def __init__(self, sample_rate=16000, num_channels=1, task=None):
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.save_hyperparameters("sample_rate")
        self.audio = mono_reader(sample_rate)
        self.linear = nn.Linear(1, 1)

    def build(self):
        self.activation = nn.Sigmoid()

    def forward(self, waveforms):
        return self.activation(self.linear(waveforms.std(dim=-1)))


@dataclass(frozen=True)
class ApplyOptions:
    digits: Annotated[int, typer.Option(min=1, help="Digits of each score.")] = 3


class LoudnessPipeline(Pipeline):
    """Decide whether a clip is loud."""

    def __init__(self, model, token=None, cache_dir=None):
        super().__init__()
        self.model = get_model(model)
        self.threshold = Uniform(0.0, 1.0)

    def default_parameters(self):
        return {"threshold": 0.5}

    @torch.inference_mode()
    def apply(self, file):
        return float(self.model(self.model.audio(file)[0][None]))

    def is_loud(self, file):
        return self(file) >= self.threshold


class Loudness(Application):
    name = "loud"
    title = "Which files are loud?"
    metrics = {"mean_score": "maximize"}
    architectures = __name__
    pipeline = f"{__name__}.LoudnessPipeline"
    pipeline_model = "model"
    ApplyOptions = ApplyOptions
    template = yaml.safe_dump(
        {
            "task": {"name": f"{__name__}.LoudnessTask", "params": {"batch_size": 2}},
            "architecture": {"name": f"{__name__}.LoudnessModel"},
            "optimizer": {"name": "SGD", "params": {"lr": 0.1}},
        }
    )

    def serves(self, specifications):
        return specifications.resolution == Resolution.CHUNK

    def items(self, protocol, subset, evaluated=True):
        return get_files(protocol, subset)

    @torch.inference_mode()
    def scores(self, model, items):
        return [float(model.eval()(model.audio(file)[0][None])) for file in items]

    def score(self, model, items, metric, options, what, progress):
        scores = self.scores(model, items)
        return EpochScore(sum(scores) / len(scores), {"threshold": max(scores)})

    def apply(self, job):
        scores = [job.pipeline(file) for file in job.items]
        lines = [f"{file['uri']} {s:.{job.options.digits}f}" for file, s in zip(job.items, scores)]
        write_text(job.path(".eval"), "\n".join(lines))
        return ApplyResult([job.path(".eval")], ["files"], [[str(len(lines))]])

    def suffixes(self, options):
        return [".txt"]

    def predict(self, pipeline, file, options):
        return {
            ".txt": f"{file['uri']}: {'loud' if pipeline.is_loud(file) else 'quiet'}\n".encode()
        }

    def compare(self, applied, options):
        values = np.array(
            [
                [float(line.split()[1]) for line in Path(f"{path}.eval").read_text().splitlines()]
                for path in applied
            ]
        )
        metric = ComparableMetric(lambda system, drawn: drawn @ values[system] / 2)
        return Comparable(2, "files", {"score": metric}, ["a", "b"], "score", values)


@pytest.fixture
def loud(monkeypatch):
    """Function that runs a command of the application."""
    monkeypatch.setattr("pyannote_strf.plugins._REGISTERED", {})
    register(GROUP, "loud", Loudness)
    app = commands.build(Loudness())

    def run(*arguments):
        return app([*map(str, arguments)], standalone_mode=False)

    return run


def test_a_third_application_goes_through_every_command(
    loud, tmp_path, corpus, registry, capsys, trained
):
    loud("init", tmp_path / "loud")
    root = tmp_path / "loud"
    assert yaml.safe_load((root / "config.yml").read_text())["task"]["name"].endswith("Task")

    options = (PROTOCOL, registry, "--cpu")
    loud("train", "--trust", "--to=2", "--parallel=0", root, *options)
    train_dir = root / "train" / f"{PROTOCOL}.train"
    assert yaml.safe_load((train_dir / "specs.yml").read_text())["application"] == "loud"

    loud("validate", "--trust", train_dir, *options)
    validate_dir = train_dir / "validate_mean_score" / f"{PROTOCOL}.development"
    params = yaml.safe_load((validate_dir / "params.yml").read_text())
    assert params["application"] == "loud"
    assert params["metric"] == "mean_score"

    loud("apply", "--trust", "--digits=2", validate_dir, *options)
    (written,) = validate_dir.glob("apply/*/*.eval")
    uris, scores = zip(*(line.split() for line in written.read_text().splitlines()))
    assert uris == ("test0", "test1")
    assert all(len(score.partition(".")[2]) == 2 for score in scores)
    assert f"Wrote {written}" in capsys.readouterr().out

    for threshold, answer in ((0.0, "loud"), (1.0, "quiet")):
        params["params"] = {"threshold": threshold}
        (validate_dir / "params.yml").write_text(yaml.safe_dump(params))
        loud("predict", "--trust", "--cpu", validate_dir, corpus / "test0.wav")
        assert capsys.readouterr().out == f"test0: {answer}\n"

    other = validate_dir / "apply" / "9999" / written.name
    other.parent.mkdir()
    other.write_text(written.read_text())
    compare([written, other], tmp_path / "compared", frame=0.032)
    assert (tmp_path / "compared" / "files.csv").read_text().splitlines()[0] == "file,0001,9999"

    with pytest.raises(
        ValueError, match=r"written by `sad`, not by `loud`; use `pyannote-strf sad`"
    ):
        loud("validate", "--trust", trained, *options)


def test_other_applications_reject_its_tasks(loud, tmp_path, registry, mistake):
    root = tmp_path / "loud"
    loud("init", root)
    message = mistake("sad", "train", "--trust", "--cpu", "--parallel=0", root, PROTOCOL, registry)
    assert "section 'task': LoudnessTask is not for sad" in message
