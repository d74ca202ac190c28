"""All commands on a generated copy of SONYC-UST, and messages of `protocols init`."""

import csv
import json

import numpy as np
import pytest
import yaml
from matplotlib.image import imread

from pyannote_strf.applications.tag.metrics import metrics_of
from pyannote_strf.metrics.sonyc import FINE
from pyannote_strf.metrics.tagging import d_prime
from pyannote_strf.tags import tag_table
from tests.conftest import TINY_TAGGING
from tests.corpora.clip_corpora import write_sonyc, write_urbansound8k

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

NAME = "SONYC.Protocol.Fine"


def test_sonyc_goes_through_all_commands(command, tmp_path, capsys):
    root = write_sonyc(tmp_path / "sonyc", clips=23)
    (tmp_path / "exp").mkdir()
    config = {
        **TINY_TAGGING,
        "task": {**TINY_TAGGING["task"], "params": {"duration": 0.2, "batch_size": 16}},
    }
    (tmp_path / "exp" / "config.yml").write_text(yaml.safe_dump(config))
    registry = f"--registry={tmp_path / 'db.yml'}"
    command("protocols", "init", tmp_path / "db.yml", "--sonyc", root)
    capsys.readouterr()
    command("protocols", "list", registry)
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["yes", "yes", NAME] in listed
    command("protocols", "check", NAME, registry)
    assert capsys.readouterr().out.endswith(f"{NAME}: no problems\n")
    command("protocols", "stats", NAME, registry, "--out", tmp_path / "sonyc.png")
    assert imread(tmp_path / "sonyc.png").std() > 0.05

    options = (NAME, registry, "--cpu")
    command("tag", "train", "--to=1", "--parallel=0", tmp_path / "exp", *options)
    trained = tmp_path / "exp" / "train" / f"{NAME}.train"
    command("tag", "validate", trained, *options, "--metric=official_fine_macro_auprc")
    validated = trained / "validate_official_fine_macro_auprc" / f"{NAME}.development"
    capsys.readouterr()
    command("tag", "apply", validated, *options)
    assert "official fine macro auprc" in " ".join(capsys.readouterr().out.split())

    output = validated / "apply" / "0001" / f"{NAME}.test"
    content = json.loads(output.with_name(f"{output.name}.scores.json").read_text())
    assert content["classes"] == sorted(FINE)
    table = tag_table([(clip["file"], clip["tags"]) for clip in content["clips"]], sorted(FINE))
    metrics = metrics_of(table, np.array([clip["scores"] for clip in content["clips"]]))
    with open(f"{output}.eval") as stream:
        found = {row["metric"]: row for row in csv.DictReader(stream, delimiter="\t")}
    assert set(found) == {*metrics, "mean_f1", "d_prime"}
    for name, metric in metrics.items():
        assert float(found[name]["value"]) == pytest.approx(metric(np.ones(11)), abs=5e-3)
    for end in ("value", "low", "high"):
        area = float(found["roc_auc"][end])
        assert float(found["d_prime"][end]) == pytest.approx(d_prime(area), abs=1e-3)
    with open(f"{output}.csv") as stream:
        classes = list(csv.DictReader(stream))
    assert sum(row["positives"] == "1" for row in classes) == 11
    for row in classes:
        # of one clip, found or not
        expected = {"0.000000": ("0.000000", "0.975000"), "1.000000": ("0.025000", "1.000000")}
        limits = row["recall_low"], row["recall_high"]
        assert limits == expected.get(row["recall"], ("", ""))


def test_init_says_what_is_missing(command, tmp_path, capsys):
    root = write_urbansound8k(tmp_path / "us8k")
    (removed,) = root.rglob("101000-0-0-0.wav")
    removed.unlink()
    command("protocols", "init", tmp_path / "db.yml", "--urbansound8k", root)
    assert capsys.readouterr().err == (
        "UrbanSound8K: 1 of 100 clips have no audio: fold1/101000-0-0-0.wav; "
        "`protocols present` leaves them out\n"
    )


def test_mistakes_in_corpora_are_one_line(mistake, tmp_path):
    root = write_urbansound8k(tmp_path / "us8k", classes=2)
    (table,) = root.rglob("*.csv")
    table.write_text(table.read_text().replace("car_horn", "carhorn"))
    message = mistake("protocols", "init", tmp_path / "db.yml", "--urbansound8k", root)
    assert f"{table}, line 3, column 'class': 'carhorn' is not a class" in message
    assert not (tmp_path / "db.yml").exists()
