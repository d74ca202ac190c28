import csv
import json
from shutil import copytree

import numpy as np
import pytest
import yaml

from pyannote_strf.metrics.tagging import accuracy, class_scores, tune_thresholds
from pyannote_strf.tags import tag_table
from tests.conftest import CLIPS as NAME
from tests.conftest import TINY_FRONTEND
from tests.tasks.clips import clip_protocol, several, single

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

CONFIG = {
    "task": {"name": "AudioTagging", "params": {"duration": 0.4, "batch_size": 4}},
    "architecture": {
        "name": "STRFCNN10",
        "params": {"width": 1 / 8, "frontend": TINY_FRONTEND},
    },
    "optimizer": {"name": "Adam"},
    "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 0.003}},
}


@pytest.mark.parametrize("tags", [single, several])
def test_all_commands(tags, command, mistake, tmp_path, capsys):
    subsets = {subset: tags(subset) for subset in ("train", "development", "test")}
    clip_protocol(tmp_path, subsets)
    (tmp_path / "config.yml").write_text(yaml.safe_dump(CONFIG))
    options = (NAME, f"--registry={tmp_path / 'database.yml'}", "--cpu")
    command("tag", "train", "--to=2", "--parallel=0", tmp_path, *options)
    trained = tmp_path / "train" / f"{NAME}.train"

    command("tag", "validate", trained, *options)
    metric = "accuracy" if tags is single else "mean_average_precision"
    validated = trained / f"validate_{metric}" / f"{NAME}.development"
    params = yaml.safe_load((validated / "params.yml").read_text())

    command("tag", "apply", validated, *options, "--subset=development")
    output = validated / "apply" / f"{params['epoch']:04d}" / f"{NAME}.development"
    with open(f"{output}.scores.csv") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file"] for row in rows] == list(subsets["development"])
    table = tag_table(list(subsets["development"].items()))
    scores = np.array([[float(row[label]) for label in table.classes] for row in rows])
    content = json.loads(output.with_name(f"{output.name}.scores.json").read_text())
    assert np.allclose([clip["scores"] for clip in content["clips"]], scores)
    if tags is single:
        expected = accuracy(table.targets.argmax(axis=1), scores.argmax(axis=1))
        assert params["params"] == {}
    else:
        expected = class_scores(table.targets, scores).mean_average_precision
        assert list(params["params"].values()) == pytest.approx(
            tune_thresholds(table.targets, scores), abs=1e-5
        )
    assert params["value"] == pytest.approx(expected, abs=1e-6)
    line = output.with_name(f"{output.name}.eval").read_text().splitlines()[1].split("\t")
    assert line[0] == metric
    assert float(line[1]) == pytest.approx(expected, abs=1e-6)

    capsys.readouterr()
    name = next(iter(subsets["development"]))
    command("tag", "predict", "--cpu", "--top=1", validated, tmp_path / f"{name}.wav")
    best = int(scores[0].argmax())
    assert capsys.readouterr().out == f"{name}: {table.classes[best]} {scores[0, best]:.3f}\n"

    other = validated / "apply" / "9999"
    copytree(output.parent, other)
    command("compare", output, other / output.name, f"--out={tmp_path / 'compared'}")
    _, _, second, *_ = (tmp_path / "compared" / "metrics.csv").read_text().splitlines()
    assert float(second.split(",")[2]) == pytest.approx(expected, abs=1e-6)
    assert float(second.split(",")[5]) == 0

    wrong = "roc_auc" if tags is single else "accuracy"
    message = mistake("tag", "validate", f"--metric={wrong}", trained, *options)
    assert f"metric '{wrong}' is not for clips with" in message
