import csv
import json
from shutil import copytree

import numpy as np
import pytest
import yaml
from matplotlib.image import imread
from sklearn.metrics import precision_recall_fscore_support

from pyannote_strf.metrics.tagging import (
    accuracy,
    balanced_accuracy,
    class_scores,
    confusions,
    f1_scores,
    tune_thresholds,
)
from pyannote_strf.tags import tag_table
from tests.conftest import CLIPS, TINY_FRONTEND, TINY_TAGGING
from tests.metrics.test_ranked_clips import direct_lwlrap
from tests.tasks.clips import several, single, write_clips

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SUBSETS = ("train", "development", "test")
RESAMPLES = 40


def rows_of(path, delimiter=","):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def limits(metric, reference, scores, groups, repeat=True):
    """Resample groups, one clip at a time. Draws without a value are repeated, or left out."""
    names, numbers = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(0)
    values = []
    while np.sum(~np.isnan(values)) < RESAMPLES if repeat else len(values) < RESAMPLES:
        drawn = rng.integers(len(names), size=len(names))
        rows = np.concatenate([np.flatnonzero(numbers == each) for each in drawn])
        values.append(metric(reference[rows], scores[rows]))
    return np.nanpercentile(values, [2.5, 97.5])


@pytest.fixture(params=[single, several], ids=["single", "several"])
def tags(request):
    return request.param


@pytest.fixture
def registry(tags, clips, tmp_path):
    if tags is single:
        return f"--registry={clips / 'database.yml'}"
    groups = {uri: uri[:-1] + str(int(uri[-1]) % 4) for s in SUBSETS for uri in several(s)}
    write_clips(tmp_path, {subset: several(subset) for subset in SUBSETS}, groups=groups)
    return f"--registry={tmp_path / 'database.yml'}"


@pytest.fixture
def validated(tags, command, registry, request, tmp_path):
    """Directory of a validation."""
    if tags is single:
        trained = request.getfixturevalue("trained_tag")
    else:
        (tmp_path / "config.yml").write_text(yaml.safe_dump(TINY_TAGGING))
        command("tag", "train", "--to=2", "--parallel=0", "--cpu", tmp_path, CLIPS, registry)
        trained = tmp_path / "train" / f"{CLIPS}.train"
        command("tag", "validate", "--cpu", trained, CLIPS, registry)
    (found,) = trained.glob("validate_*/*")
    return found


def test_all_commands(
    tags, command, mistake, validated, registry, tmp_path, capsys, monkeypatch, drawn_totals
):
    for module in ("applications.tag.evaluation", "reports.compare"):
        monkeypatch.setattr(f"pyannote_strf.{module}.RESAMPLES", RESAMPLES)
    params = yaml.safe_load((validated / "params.yml").read_text())
    command("tag", "apply", "--cpu", validated, CLIPS, registry, "--subset=development")
    folder = validated / "apply" / f"{params['epoch']:04d}"
    output = folder / f"{CLIPS}.development"
    rows = rows_of(f"{output}.scores.csv")
    assert [row["file"] for row in rows] == list(tags("development"))
    table = tag_table(list(tags("development").items()))
    scores = np.array([[float(row[label]) for label in table.classes] for row in rows])
    content = json.loads(output.with_name(f"{output.name}.scores.json").read_text())
    assert np.allclose([clip["scores"] for clip in content["clips"]], scores)
    best = scores.argmax(axis=1)
    ranked = class_scores(table.targets, scores)
    if tags is single:
        expected = {
            "accuracy": (accuracy, table.targets.argmax(axis=1), best),
            "balanced_accuracy": (balanced_accuracy, table.targets.argmax(axis=1), best),
        }
        found = np.eye(3)[best] == 1
        thresholds = None
        assert params["params"] == {}
    else:
        thresholds = tune_thresholds(table.targets, scores)
        found = scores >= thresholds
        expected = {
            "mean_average_precision": (
                lambda *case: class_scores(*case).mean_average_precision,
                table.targets,
                scores,
            ),
            "roc_auc": (lambda *case: class_scores(*case).mean_roc_auc, table.targets, scores),
            "mean_f1": (
                lambda *case: np.nanmean(f1_scores(*case, [0.5] * 3)),
                table.targets,
                found.astype(float),
            ),
            "lwlrap": (
                lambda *case: direct_lwlrap(*case, np.ones(len(case[0]))),
                table.targets,
                scores,
            ),
        }
        assert list(params["params"].values()) == pytest.approx(thresholds, abs=1e-5)

    # intervals resample groups
    groups = [clip["group"] for clip in content["clips"]]
    assert 1 < len(set(groups)) < len(groups)
    lines = rows_of(f"{output}.eval", delimiter="\t")
    # d' follows from the area under the ROC curve
    others = [] if tags is single else ["d_prime"]
    assert [line["metric"] for line in lines] == [*expected, *others]
    for line in lines[: len(expected)]:
        metric, *case = expected[line["metric"]]
        values = [float(line[key]) for key in ("value", "low", "high")]
        assert values == pytest.approx([metric(*case), *limits(metric, *case, groups)], abs=1e-6)
    assert params["value"] == pytest.approx(float(lines[0]["value"]), abs=1e-6)

    classes = rows_of(f"{output}.csv")
    assert [row["class"] for row in classes] == table.classes
    for column, row in enumerate(classes):
        known = table.targets[:, column] >= 0
        reference = table.targets[known, column]
        precision, recall, f1, _ = precision_recall_fscore_support(
            reference, found[known, column], average="binary", zero_division=0
        )
        assert (int(row["positives"]), int(row["known"])) == (reference.sum(), known.sum())
        assert float(row["precision"] or 0) == pytest.approx(precision, abs=1e-6)
        assert float(row["recall"]) == pytest.approx(recall, abs=1e-6)
        assert float(row["f1"]) == pytest.approx(f1, abs=1e-6)
        average = ranked.average_precision[column]
        assert float(row["average_precision"]) == pytest.approx(average, abs=1e-6)
        assert float(row["roc_auc"]) == pytest.approx(ranked.roc_auc[column], abs=1e-6)
        interval = limits(
            lambda *case: class_scores(*case).average_precision[0],
            *(table.targets[:, [column]], scores[:, [column]], groups),
            repeat=False,
        )
        ends = [float(row[f"average_precision_{end}"]) for end in ("low", "high")]
        assert ends == pytest.approx(interval, abs=1e-6)
        if thresholds is None:
            assert row["threshold"] == ""
        else:
            assert float(row["threshold"]) == pytest.approx(thresholds[column], abs=1e-5)
    pictures = [path.name for path in folder.glob("*.png")]
    assert pictures == [f"{output.name}.{'confusion' if tags is single else 'classes'}.png"]
    assert imread(folder / pictures[0]).std() > 0.05
    if tags is single:
        counts = [
            [int(row[label]) for label in table.classes]
            for row in rows_of(f"{output}.confusion.csv")
        ]
        expected_counts = confusions(table.targets.argmax(axis=1), best, 3)
        assert counts == expected_counts.tolist()

    capsys.readouterr()
    name = next(iter(tags("development")))
    audio = registry.removeprefix("--registry=").replace("database.yml", f"{name}.wav")
    command("tag", "predict", "--cpu", "--top=1", validated, audio)
    assert capsys.readouterr().out == f"{name}: {table.classes[best[0]]} {scores[0, best[0]]:.3f}\n"
    formats = ("csv", "json", "audacity", "raven")
    options = [f"--format={each}" for each in formats]
    command("tag", "predict", "--cpu", validated, audio, *options, f"--out={tmp_path / 'out'}")
    suffixes = (".csv", ".json", ".txt", ".selections.txt")
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == sorted(f"{name}{suffix}" for suffix in suffixes)

    other = folder.with_name("9999") / output.name
    copytree(folder, other.parent)
    command("compare", output, other, f"--out={tmp_path / 'compared'}")
    assert drawn_totals == [f"{lines[0]['metric'].replace('_', ' ')}, higher is better"]
    compared = rows_of(tmp_path / "compared" / "metrics.csv")
    assert len(compared) == 2 * len(expected)
    for line, (_, second) in zip(lines, zip(compared[::2], compared[1::2])):
        assert second["metric"] == line["metric"].replace("_", " ")
        assert [second[key] for key in ("value", "low", "high")] == [
            line[key] for key in ("value", "low", "high")
        ]
        assert float(second["difference"]) == 0

    path = other.with_name(f"{other.name}.scores.json")
    clip = content["clips"][0]
    for change, message in (
        ("{", "malformed (expecting property name"),
        ([], "malformed (list indices"),
        ({"clips": content["clips"]}, "malformed ('classes' is missing)"),
        ({**content, "clips": [{**clip, "scores": [1]}]}, "malformed (scores are missing)"),
        (
            {**content, "clips": [{**clip, "scores": [float("nan")] * 3}]},
            "malformed (scores are missing)",
        ),
        ({**content, "clips": [{**clip, "labels": ["cat"]}]}, "has the unknown label 'cat'"),
        ({**content, "clips": content["clips"][1:]}, "have different clips"),
        ({**content, "classes": table.classes[::-1]}, "have different classes"),
    ):
        path.write_text(change if isinstance(change, str) else json.dumps(change))
        message_of = mistake("compare", output, other, f"--out={tmp_path / 'refused'}")
        assert message.lower() in message_of.lower()
    assert not (tmp_path / "refused").exists()

    wrong = "roc_auc" if tags is single else "accuracy"
    trained = validated.parents[1]
    message = mistake("tag", "validate", f"--metric={wrong}", trained, CLIPS, registry, "--cpu")
    assert f"metric '{wrong}' is not for clips with" in message


def test_clips_of_one_group_have_no_interval(command, trained_tag, clips, tmp_path, capsys):
    copytree(clips, tmp_path / "yard")
    path = tmp_path / "yard" / "test.groups"
    path.write_text(path.read_text().replace("test 1", "test 0"))
    (validated,) = trained_tag.glob("validate_*/*")
    registry = f"--registry={tmp_path / 'yard' / 'database.yml'}"
    command("tag", "apply", "--cpu", validated, CLIPS, registry)
    assert "no interval: it needs two groups or more" in capsys.readouterr().out
    (path,) = validated.glob("apply/*/*.eval")
    assert {(row["low"], row["high"]) for row in rows_of(path, delimiter="\t")} == {("", "")}


def test_importance_of_filters_is_measured_on_clips(command, trained_tag, clips, tmp_path):
    out = tmp_path / "out"
    command(
        *("filters", trained_tag / "weights" / "0002.ckpt", f"--protocol={CLIPS}"),
        *(f"--registry={clips / 'database.yml'}", "--importance=gradient", f"--out={out}"),
    )
    rows = rows_of(out / "filters.csv")
    assert len(rows) == TINY_FRONTEND["num_filters"]
    assert all(float(row["gradient_times_activation"]) > 0 for row in rows)
