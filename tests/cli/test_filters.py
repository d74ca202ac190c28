import csv
import json
import re
from dataclasses import replace
from shutil import copy

import numpy as np
import pytest
import torch
import yaml
from matplotlib.image import imread
from pyannote.audio.core.task import Problem, Resolution

from pyannote_strf import STRFTDNN, STRFPyanNet
from pyannote_strf.experiment.directories import TrainDir
from tests.cli.conftest import TWO_FILTERS, written
from tests.conftest import (
    PROTOCOL,
    TINY_ARCHITECTURE,
    VOICES,
)

PICTURES = ("kernels", "plane", "transfer", "displacement", "responses")
PLANTED = ([[6.0], [8.0]], [[2.0], [2.0]], [[0.5], [1.0]], [[1.0], [-0.5]])


@pytest.fixture
def embedding(specifications, tmp_path):
    """Checkpoint of a speaker embedding model."""
    of_speakers = replace(
        specifications, problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=1.0
    )
    model = STRFTDNN(frontend=TWO_FILTERS, dimension=16)
    return written(model, of_speakers, tmp_path / "speakers.ckpt")


def rows_of(out):
    return list(csv.DictReader((out / "filters.csv").open()))


def test_filters_are_written_in_physical_units(command, checkpoint, capsys):
    path = checkpoint()
    content = torch.load(path, weights_only=False)
    layer = STRFPyanNet(**{**TINY_ARCHITECTURE, "frontend": TWO_FILTERS}).frontend.filters
    layer.assign(*(torch.tensor(value) for value in PLANTED))
    for name, value in layer.state_dict().items():
        content["state_dict"][f"frontend.filters.{name}"] = value
    torch.save(content, path)

    command("filters", path)
    out = path.with_suffix(".filters")
    rows = rows_of(out)
    assert [float(row["rate"]) for row in rows] == pytest.approx(
        [0.5 * np.cos(1.0) / (2 * np.pi * 0.01), np.cos(0.5) / (2 * np.pi * 0.01)],
        rel=1e-4,
    )
    assert [row["direction"] for row in rows] == ["falling", "rising"]
    assert [float(row["moved"]) for row in rows] == [0, 0]
    summary = json.loads((out / "summary.json").read_text())["models"]["model"]
    assert summary["filters"] == 2
    rates = [float(row["rate"]) for row in rows]
    assert summary["temporal modulation (Hz)"]["median"] == pytest.approx(np.mean(rates), rel=1e-4)
    assert summary["directions"] == {"falling": 1, "neither": 0, "rising": 1}
    assert all(imread(out / f"{name}.png").std() > 0.05 for name in PICTURES)
    assert "All 2 filters are unchanged" in capsys.readouterr().out


def test_the_report_is_self_contained(command, checkpoint):
    path = checkpoint()
    command("filters", path, "--format=svg", "--out", path.parent / "report")
    page = (path.parent / "report" / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == len(PICTURES)
    # no external resources
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    assert "<h2>model</h2>" in page
    assert "How to read this" in page


def test_sounds_and_importance_come_from_a_protocol(command, checkpoint, corpus, capsys):
    path, out = checkpoint(), checkpoint().parent / "out"
    registry = f"--registry={corpus / 'database.yml'}"
    command(
        "filters", path, f"--protocol={PROTOCOL}", registry, "--importance=ablation", "--out", out
    )
    summary = json.loads((out / "summary.json").read_text())["models"]["model"]
    assert set(summary["indices"]) == {"filters", "initial filters", "sounds"}
    assert -1 <= summary["correlation with sounds"]["filters"] <= 1
    whole = summary["detection error rate (%)"]
    # an untrained model finds speech everywhere or nowhere
    assert whole > 0
    rows = rows_of(out)
    assert all(float(row["gradient_times_activation"]) > 0 for row in rows)
    assert all(whole + float(row["error_without"]) >= 0 for row in rows)
    assert imread(out / "importance.png").std() > 0.05
    assert "By ablation, filter" in capsys.readouterr().out


def test_preprocessors_of_the_experiment_are_used(
    command, mistake, checkpoint, experiment, corpus, tmp_path, same_registry_afterwards
):
    """They may change the paths of audio files."""
    elsewhere = tmp_path / "database.yml"
    elsewhere.write_text((corpus / "database.yml").read_text().replace(".wav", ".nowhere"))
    for name in corpus.iterdir():
        if name.suffix in (".lst", ".rttm", ".uem"):
            (tmp_path / name.name).write_text(name.read_text())
    weights = TrainDir.of(experiment, PROTOCOL, "train").checkpoint(1)
    weights.parent.mkdir(parents=True)
    checkpoint().rename(weights)
    asked = ("filters", weights, f"--protocol={PROTOCOL}", f"--registry={elsewhere}")
    assert "train0.nowhere" in mistake(*asked)

    config = yaml.safe_load((experiment / "config.yml").read_text())
    config["preprocessors"] = {"audio": f"{corpus}/{{uri}}.wav"}
    (experiment / "config.yml").write_text(yaml.safe_dump(config))
    command(*asked)
    out = weights.with_suffix(".filters")
    assert "sounds" in json.loads((out / "summary.json").read_text())["models"]["0001"]["indices"]


@pytest.mark.usefixtures("protocol", "verification", "same_registry_afterwards")
def test_models_of_both_tasks_are_compared(command, checkpoint, embedding, capsys):
    out = embedding.parent / "out"
    command(
        "filters",
        checkpoint(),
        embedding,
        f"--protocol={PROTOCOL}",
        f"--protocol={VOICES}",
        "--importance=gradient",
        "--weighted",
        "--out",
        out,
    )
    summary = json.loads((out / "summary.json").read_text())
    between = summary["between models"]
    assert between["models"] == ["model", "speakers"]
    assert between["weighted by importance"]
    assert between["values"][0][1] == between["values"][1][0] > 0
    assert {row["model"] for row in rows_of(out)} == {"model", "speakers"}
    for name in ("1-model.kernels", "2-speakers.kernels", "models"):
        assert imread(out / f"{name}.png").std() > 0.05
    assert "Wasserstein distance" in capsys.readouterr().out


def test_ablation_measures_the_equal_error_rate(command, embedding, voices):
    out = embedding.parent / "out"
    command(
        "filters",
        embedding,
        f"--protocol={VOICES}",
        f"--registry={voices / 'database.yml'}",
        "--importance=ablation",
        "--subset=test",
        "--out",
        out,
    )
    whole = json.loads((out / "summary.json").read_text())["models"]["speakers"][
        "equal error rate (%)"
    ]
    without = [whole + float(row["error_without"]) for row in rows_of(out)]
    assert all(0 <= error <= 100 for error in [whole, *without])


def test_names_are_escaped(command, checkpoint, tmp_path, capsys):
    """Names may hold rich's markup, matplotlib's formulas, HTML, or path separators."""
    # no single part of their paths is distinct
    names = ["P[/x]", "P[/[red]x\\", "<b>a$_$b&/x]"]
    paths = [tmp_path / f"{name}.ckpt" for name in names]
    trained = checkpoint()
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        copy(trained, path)
    out = tmp_path / "out"
    command("filters", *paths, f"--out={out}")
    lines = capsys.readouterr().out.splitlines()
    for number, name in enumerate(names, start=1):
        assert name in lines
        assert any(line.startswith(f"│ {number}: {name} ") for line in lines)
        assert any(line.startswith(f"│ {name} ") for line in lines)
    assert len(list(out.glob("*.png"))) == 3 * len(PICTURES) + 1
    assert "<h2>&lt;b&gt;a$_$b&amp;/x]</h2>" in (out / "report.html").read_text()

    command("filters", paths[1], f"--out={tmp_path / 'one'}")
    assert "┃ [red]x\\ " in capsys.readouterr().out


def test_nothing_is_written_after_an_error(mistake, checkpoint, monkeypatch):
    def fail(*_):
        raise ValueError("no ink")

    monkeypatch.setattr("pyannote_strf.reports.filter_bank.findings", fail)
    path = checkpoint()
    assert "no ink" in mistake("filters", path)
    assert not path.with_suffix(".filters").exists()


@pytest.mark.parametrize("choice", ["--format=gif", "--subset=all", "--importance=size"])
def test_invalid_choices_raise_a_usage_error(usage_error, checkpoint, choice):
    assert "is not one of" in usage_error("filters", checkpoint(), choice)


def test_mistakes_are_one_line(mistake, checkpoint, embedding, tmp_path, corpus, protocol):
    path = checkpoint()
    other = checkpoint("other")
    assert "90000.0 Hz is outside the range of the bands" in mistake("filters", path, "--at=90000")
    assert "--out" in mistake("filters", path, other)
    assert "given twice" in mistake("filters", path, path, f"--out={tmp_path / 'out'}")
    assert "add --protocol" in mistake("filters", path, "--importance=gradient")
    named = f"--protocol={PROTOCOL}"
    assert "no such file" in mistake("filters", path, f"--registry={tmp_path / 'none.yml'}")
    (tmp_path / "file").touch()
    assert "file: a file where a directory is needed" in mistake(
        "filters", path, f"--out={tmp_path}/file/x"
    )
    assert "add --importance" in mistake("filters", path, named, "--weighted")
    assert "2 protocols for 1 models" in mistake("filters", path, named, named)
    assert "unknown protocol" in mistake("filters", path, "--protocol=None.Such.Thing")
    message = mistake("filters", embedding, named, "--importance=gradient")
    assert "no trials" in message
    mel = checkpoint("mel", frontend={"name": "mel"})
    message = mistake("filters", mel)
    assert f"{mel}: nothing to read" in message
    assert all(what in message for what in ("learnable bands", "attention", "waveform"))
    sinc = checkpoint("sinc", frontend={"name": "sincnet"})
    message = mistake("filters", sinc, named, "--importance=gradient")
    assert "importance is that of spectro-temporal filters" in message
    assert "no such checkpoint" in mistake("filters", tmp_path / "none.ckpt")
    assert not path.with_suffix(".filters").exists()
    assert not (tmp_path / "out").exists()
