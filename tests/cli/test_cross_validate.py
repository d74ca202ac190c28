import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from matplotlib.image import imread
from scipy.stats import binomtest

from pyannote_strf.applications import cross_validate
from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.tasks import audio_tagging
from tests.conftest import TINY_TAGGING
from tests.tasks.clips import RATE, TONES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

FAMILY = "Tones.Protocol"
FOLDS = [f"{FAMILY}.Fold{number}" for number in (1, 2, 3)]


@pytest.fixture
def root(command, tmp_path):
    """Experiment directory, next to the protocols of three folds of three clips each."""
    time = np.arange(RATE // 4) / RATE
    for label, hertz in TONES.items():
        for number in range(3):
            path = tmp_path / "Tones" / label / f"{label}{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.1 * np.sin(2 * np.pi * (hertz + number) * time), RATE)
    folders = f"--folders={tmp_path / 'Tones'}"
    command("protocols", "init", folders, "--num-folds=3", tmp_path / "database.yml")
    (tmp_path / "config.yml").write_text(yaml.safe_dump(TINY_TAGGING))
    return tmp_path


@pytest.fixture
def run(command, root):
    """Function that runs `tag cross-validate` with some options."""
    fixed = ("--to=1", "--cpu", "--parallel=0", f"--registry={root / 'database.yml'}")

    def cross_validate(*options, family=FAMILY):
        command("tag", "cross-validate", root, family, *fixed, *options)

    return cross_validate


@pytest.fixture
def prepared(monkeypatch):
    """Names of the clips of the train and development subsets of each training."""
    trainings = []

    def labelled_clips(*arguments):
        data = original(*arguments)
        names = {
            subset: {Path(str(path)).stem for path in data.get(f"{subset}-audio", ())}
            for subset in ("train", "development")
        }
        trainings.append(names)
        return data

    original = audio_tagging.labelled_clips
    monkeypatch.setattr(audio_tagging, "labelled_clips", labelled_clips)
    return trainings


def rows_of(root, epoch="best"):
    with open(root / epoch / f"{FAMILY}.csv") as stream:
        return list(csv.DictReader(stream))


def applied_to(trained):
    """Return the names of the clips that a fold was tested on."""
    (scores,) = trained.rglob("*.test.scores.csv")
    with open(scores) as stream:
        return {Path(row["file"]).stem for row in csv.DictReader(stream)}


def without_development(root):
    path = root / "database.yml"
    content = yaml.safe_load(path.read_text())
    for fold in content["Protocols"]["Tones"]["Protocol"].values():
        lists = [Path(root, fold[subset]["uri"]) for subset in ("train", "development")]
        lists[0].write_text("".join(each.read_text() for each in lists))
        del fold["development"]
    path.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize("has_development", [True, False])
def test_the_next_fold_is_for_development(has_development, run, root, prepared):
    if not has_development:
        without_development(root)
    run()
    tests = [applied_to(root / "best" / "seed0" / "train" / f"{fold}.train") for fold in FOLDS]
    for number, names in enumerate(prepared):
        following = tests[(number + 1) % 3]
        assert names["train"] == tests[(number + 2) % 3]
        assert names["development"] == (following if has_development else set())
        validated = FOLDS[number] if has_development else FOLDS[(number + 1) % 3]
        subset = "development" if has_development else "test"
        path = root / "best" / "seed0" / "train" / f"{FOLDS[number]}.train" / "validate_accuracy"
        assert [each.name for each in path.iterdir()] == [f"{validated}.{subset}"]


@pytest.mark.parametrize("has_development", [True, False])
def test_the_last_epoch_is_trained_on_all_other_folds(has_development, run, root, prepared):
    subset = "train+development" if has_development else "train"
    if not has_development:
        without_development(root)
    run("--epoch=last")
    tests = [applied_to(root / "last" / "seed0" / "train" / f"{fold}.{subset}") for fold in FOLDS]
    assert set.union(*tests) == {f"{label}{n}" for label in TONES for n in range(3)}
    for number, names in enumerate(prepared):
        assert names["train"] == set.union(*tests) - tests[number]
        assert names["development"] == set()
    assert not list(root.rglob("validate_*"))


def test_means_and_deviations_are_over_folds_and_over_seeds(run, root, capsys):
    run("--epoch=last", "--seed=0", "--seed=1")
    rows = rows_of(root, "last")
    folds = [
        [row for row in rows if row["seed"] == str(s) and "Fold" in row["protocol"]] for s in (0, 1)
    ]
    values = np.array([[float(row["accuracy"]) for row in of_seed] for of_seed in folds])
    evaluations = [
        (root / "last" / f"seed{seed}" / "train" / f"{fold}.train+development" / "apply" / "0001")
        / f"{fold}.test.eval"
        for seed in (0, 1)
        for fold in FOLDS
    ]
    written = [float(path.read_text().splitlines()[1].split("\t")[1]) for path in evaluations]
    assert values.ravel().tolist() == written
    for seed in (0, 1):
        mean, deviation = [row for row in rows if row["seed"] == str(seed)][3:]
        assert float(mean["accuracy"]) == pytest.approx(values[seed].mean(), abs=1e-6)
        assert float(deviation["accuracy"]) == pytest.approx(values[seed].std(ddof=1), abs=1e-6)
    mean, deviation = rows[-2:]
    assert mean["seed"] == deviation["seed"] == "all"
    assert float(mean["accuracy"]) == pytest.approx(values.mean(), abs=1e-6)
    assert float(deviation["accuracy"]) == pytest.approx(values.mean(axis=1).std(ddof=1), abs=1e-6)
    printed = capsys.readouterr().out
    assert f"{100 * values.mean():.2f} %" in printed
    # clips of all folds together
    for seed in (0, 1):
        pooled = root / "last" / f"{FAMILY}.seed{seed}.confusion.csv"
        assert f"Wrote {pooled}" in printed
        counts = Counter()
        for path in evaluations[3 * seed : 3 * seed + 3]:
            name = path.name.removesuffix(".eval")
            content = json.loads(path.with_name(f"{name}.scores.json").read_text())
            counts.update((clip["tags"], *clip["labels"]) for clip in content["clips"])
        with open(pooled) as stream:
            for row in csv.DictReader(stream):
                for label in TONES:
                    assert int(row[label]) == counts[row["reference"], label]
        with open(root / "last" / f"{FAMILY}.seed{seed}.correct.csv") as stream:
            every, *classes, mean = csv.DictReader(stream)
        hits = {label: counts[label, label] for label in TONES}
        assert [row["class"] for row in classes] == sorted(TONES)
        for row, part, total in [
            (every, sum(hits.values()), 9),
            *((row, hits[row["class"]], 3) for row in classes),
        ]:
            limits = binomtest(part, total).proportion_ci(0.95, "exact")
            expected = [total, part / total, *limits]
            found = [float(row[key]) for key in ("clips", "value", "low", "high")]
            assert found == pytest.approx(expected, abs=1e-6)
        assert float(mean["value"]) == pytest.approx(sum(hits.values()) / 9, abs=1e-6)
        assert imread(root / "last" / f"{FAMILY}.seed{seed}.confusion.png").std() > 0.05


def test_a_run_goes_on_where_it_was_cut(run, root, prepared, monkeypatch):
    apply = cross_validate.apply

    def cut(directory, **arguments):
        if directory.path.parent.name.startswith("validate_") and FOLDS[1] in str(directory.path):
            raise OSError("no space left")
        return apply(directory=directory, **arguments)

    monkeypatch.setattr(cross_validate, "apply", cut)
    with pytest.raises(SystemExit, match="no space left"):
        run()
    # means of some folds would mislead
    assert not (root / "best" / f"{FAMILY}.csv").exists()
    monkeypatch.setattr(cross_validate, "apply", apply)
    run()
    assert len(prepared) == 3
    rows = rows_of(root)
    assert [row["protocol"] for row in rows] == [*FOLDS, "mean", "sd"]
    run()
    assert len(prepared) == 3
    assert rows_of(root) == rows


def test_more_epochs_are_validated_again(run, root):
    run()
    run("--to=2")
    trained = TrainDir(root / "best" / "seed0" / "train" / f"{FOLDS[0]}.train")
    assert trained.epochs() == [1, 2]
    params = trained.path / "validate_accuracy" / f"{FOLDS[0]}.development" / "params.yml"
    assert params.stat().st_mtime >= trained.checkpoint(2).stat().st_mtime


def test_mistakes_end_with_one_line(run, root, command, mistake):
    def error(*options, family=FAMILY, registry=root / "database.yml"):
        fixed = ("--to=1", "--cpu", "--parallel=0", f"--registry={registry}")
        return mistake("tag", "cross-validate", root, family, *fixed, *options)

    assert "Tonse.Protocol: has 0 folds, two or more" in error(family="Tonse.Protocol")
    assert "did you mean 'Tones.Protocol'?" in error(family="Tonse.Protocol")
    assert not (root / "best").exists()

    test = (
        root
        / yaml.safe_load((root / "database.yml").read_text())["Protocols"]["Tones"]["Protocol"][
            "Fold2"
        ]["test"]["uri"]
    )
    names = test.read_text()
    train = test.with_name("Fold2.train.lst")
    test.write_text(names + train.read_text())
    assert f"{FOLDS[1]}: 'bass/bass" in error()
    assert "is in the test subset and in another one" in error()
    test.write_text(names)

    run("--epoch=last", "--to=2")
    assert "trained to epoch 2, more than 1; use another directory" in error("--epoch=last")
    other = root / "other.yml"
    command("protocols", "init", f"--folders={root / 'Tones'}", "--num-folds=2", other)
    message = error("--epoch=last", "--to=2", registry=other)
    assert "the clips, labels or groups: differs from" in message
    tags = next((root / "database-lists").rglob("*.tags"))
    labels = tags.read_text()
    tags.write_text(labels.replace(",treble\n", ",bass\n", 1))
    assert "the clips, labels or groups: differs from" in error("--epoch=last", "--to=2")
    tags.write_text(labels)
    (root / "config.yml").write_text(yaml.safe_dump({**TINY_TAGGING, "optimizer": {"name": "SGD"}}))
    assert "which earlier folds were trained with" in error("--epoch=last")


def test_seeds_that_are_run_one_by_one_are_in_one_table(run, root, command, tmp_path):
    run("--epoch=last", "--seed=3")
    run("--epoch=last", "--seed=0")
    summaries = ["mean", "sd"]
    assert [(row["seed"], row["protocol"]) for row in rows_of(root, "last")] == [
        *(("0", name) for name in [*FOLDS, *summaries]),
        *(("3", name) for name in [*FOLDS, *summaries]),
        *(("all", name) for name in summaries),
    ]
    # results of the last epoch have no params.yml
    fold = f"train/{FOLDS[0]}.train+development/apply/0001"
    applied = [root / "last" / f"seed{seed}" / fold for seed in (0, 3)]
    command("compare", *applied, f"--out={tmp_path / 'compared'}")
    assert (tmp_path / "compared" / "metrics.csv").is_file()


def test_metrics_that_one_seed_lacks_are_empty():
    results = [
        cross_validate.FoldResult(0, "P.Fold1", {"old": 0.5}),
        cross_validate.FoldResult(1, "P.Fold1", {"new": 0.25}),
    ]
    header, rows = cross_validate.table(results)
    assert header == ["seed", "protocol", "old", "new"]
    assert rows[0] == ["0", "P.Fold1", "0.500000", ""]
    assert rows[3] == ["1", "P.Fold1", "", "0.250000"]
    assert rows[-2:] == [["all", "mean", "", ""], ["all", "sd", "", ""]]
