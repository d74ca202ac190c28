import csv
import shutil

import numpy as np
import pytest
import yaml
from matplotlib.image import imread
from sklearn.metrics import roc_auc_score

from tests.conftest import PROTOCOL, VOICES

# no middle of a frame is on the edge of a region, which is in milliseconds
FRAME = 0.0107

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def rows_of(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def applied(command, trained, registry):
    """Results of both epochs of `sad`."""
    found = []
    for epoch in (1, 2):
        command(
            *("sad", "validate", f"--from={epoch}", f"--to={epoch}", "--trials=1", "--cpu"),
            *(trained, PROTOCOL, registry),
        )
        validate_dir = trained / "validate_detection_fscore" / f"{PROTOCOL}.development"
        command("sad", "apply", "--cpu", validate_dir, PROTOCOL, registry)
        found.append(validate_dir / "apply" / f"{epoch:04d}" / f"{PROTOCOL}.test")
    return found


@pytest.fixture
def applied_emb(command, trained_emb, voices):
    """Results of `emb`, and a copy of them whose raw scores are perfect."""
    (validate_dir,) = trained_emb.glob("validate_*/*")
    command("emb", "apply", "--cpu", validate_dir, VOICES, f"--registry={voices / 'database.yml'}")
    (scores,) = validate_dir.glob("apply/*/*.scores")
    perfect = shutil.copytree(scores.parent, scores.parent.with_name("9999")) / scores.name
    header, *lines = perfect.read_text().splitlines()
    with perfect.open("w") as stream:
        stream.write(f"{header}\n")
        for line in lines:
            reference, left, right, _, *others = line.split("\t")
            stream.write("\t".join([reference, left, right, reference, *others]) + "\n")
    return [path.with_suffix("") for path in (scores, perfect)]


def test_detection_errors_are_compared(
    command, applied, corpus, protocol, tmp_path, capsys, drawn_totals
):
    out = tmp_path / "out"
    command("compare", *applied, f"--out={out}", f"--frame={FRAME}")
    assert drawn_totals == ["detection error rate, lower is better"]
    rows = rows_of(out / "metrics.csv")
    assert [(row["metric"], row["system"]) for row in rows] == [
        (metric, system)
        for metric in ("detection error rate", "area under the ROC curve")
        for system in ("0001", "0002")
    ]
    files = {row["file"]: row for row in rows_of(out / "files.csv")}
    assert list(files) == ["test0", "test1"]
    for system, path in zip(("0001", "0002"), applied):
        table = {row["file"]: row for row in rows_of(path.with_name(f"{path.name}.csv"))}
        (total,) = (r for r in rows if r["system"] == system and r["metric"].startswith("det"))
        assert float(total["value"]) == pytest.approx(
            float(table["TOTAL"]["detection_error_rate"]), abs=1e-3
        )
        assert float(total["low"]) <= float(total["value"]) <= float(total["high"])
        for file, row in files.items():
            assert float(row[system]) == pytest.approx(
                float(table[file]["detection_error_rate"]), abs=2e-3
            )
        (area,) = (r for r in rows if r["system"] == system and r["metric"].startswith("area"))
        assert float(area["value"]) == pytest.approx(area_under_curve(path, protocol), abs=1e-6)
    first, second = (row for row in rows if row["metric"] == "detection error rate")
    assert first["difference"] == ""
    assert float(second["difference"]) == pytest.approx(
        float(second["value"]) - float(first["value"]), abs=1e-6
    )
    assert imread(out / "comparison.png").std() > 0.05
    assert "1000 resamples of 2 files" in capsys.readouterr().out


def area_under_curve(path, protocol):
    """Compute the area under the ROC curve of frames, one at a time."""
    reference, scores = [], []
    for file in protocol.test():
        with np.load(path / f"{file['uri']}.npz") as archive:
            middles = archive["start"] + archive["duration"] / 2
            middles = middles + archive["step"] * np.arange(len(archive["scores"]))
            values = archive["scores"][:, 0]
        for frame in range(int(8 / FRAME)):
            time = FRAME * (frame + 0.5)
            reference.append(bool(file["annotation"].get_timeline().overlapping(time)))
            scores.append(np.interp(time, middles, values))
    return roc_auc_score(reference, scores)


def test_scores_of_trials_are_compared(command, applied_emb, tmp_path, capsys):
    out = tmp_path / "out"
    command("compare", *applied_emb, f"--out={out}")
    rows = rows_of(out / "metrics.csv")
    kinds = [f"{kind} scores" for kind in ("raw", "s-norm")]
    measures = ["equal error rate", "minDCF(0.01)", "minDCF(0.05)"]
    assert list(dict.fromkeys(row["metric"] for row in rows)) == [
        f"{measure}, {kind}" for kind in kinds for measure in measures
    ]
    evaluated = applied_emb[0].with_name(f"{applied_emb[0].name}.eval").read_text().splitlines()
    _, rate, low, high, *costs = evaluated[1].split("\t")
    own = [row for row in rows if row["system"] != "9999"]
    assert [float(own[0][name]) for name in ("value", "low", "high")] == pytest.approx(
        [float(rate), float(low), float(high)], abs=1e-3
    )
    assert [float(row["value"]) for row in own[1:3]] == pytest.approx(list(map(float, costs)))
    perfect = next(row for row in rows if row["system"] == "9999")
    assert float(perfect["value"]) == 0
    assert float(perfect["difference"]) == pytest.approx(-float(rate))
    assert [float(perfect[f"difference_{end}"]) for end in ("low", "high")] == pytest.approx(
        [-float(high), -float(low)], abs=1e-3
    )
    files = rows_of(out / "files.csv")
    assert len(files) == 9
    assert all(float(row["9999"]) == 0 for row in files)
    assert "1000 resamples of 3 speakers" in capsys.readouterr().out


def test_a_metric_without_frame_scores_stays_blank(command, applied, tmp_path, capsys):
    shutil.rmtree(applied[1])
    command("compare", *applied, f"--out={tmp_path}")
    rows = rows_of(tmp_path / "metrics.csv")
    assert [row["value"] == "" for row in rows] == [False, False, False, True]
    out = capsys.readouterr().out.replace("\n", "")
    assert "0002: no area under the ROC curve" in out
    assert "run `sad apply` with --scores" in out


def test_differences_name_the_system_that_they_are_from(command, applied, tmp_path, capsys):
    other = applied[1].with_name("other.test")
    shutil.copytree(applied[1], other)
    for suffix in (".csv", ".eval", ".rttm"):
        shutil.copy(f"{applied[1]}{suffix}", f"{other}{suffix}")
    shutil.rmtree(applied[0])
    command("compare", applied[0], applied[1], other, f"--out={tmp_path}")
    rows = rows_of(tmp_path / "metrics.csv")
    names = list(dict.fromkeys(row["system"] for row in rows))
    assert [row["compared_with"] for row in rows] == ["", names[0], names[0], "", "", names[1]]
    area = capsys.readouterr().out.partition("area under")[2].replace("\n", " ")
    words = " ".join(area.partition("┡")[0].replace("┃", " ").split())
    assert "difference from" in words
    assert "0002/" in words


def test_results_are_found_by_directory_or_by_file(command, applied, tmp_path):
    first, second = applied
    command("compare", f"{first}.csv", second.parent, f"--out={tmp_path}")
    command("compare", first, second.parents[2], f"--out={tmp_path}")


def test_results_of_other_data_end_with_one_line(mistake, applied, tmp_path):
    table = applied[1].with_name(f"{applied[1].name}.csv")
    content = table.read_text()
    table.write_text(content.replace("test1,", "test2,"))
    assert "only one of them has file test1" in mistake("compare", *applied, f"--out={tmp_path}")
    lines = content.splitlines()
    cells = lines[1].split(",")
    cells[2] = str(float(cells[2]) + 1)
    table.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    assert "different references for test0" in mistake("compare", *applied, f"--out={tmp_path}")
    table.write_text("file,speech\ntest0,one\n")
    assert "line 2 is malformed" in mistake("compare", *applied, f"--out={tmp_path}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no rows"),
        (b"\xff\xfe", "line 1 is malformed"),
        (b"reference\tfile1\tfile2\traw\n1\ta\tb\tnan\n", "line 2 is malformed"),
        (b"reference\tfile1\tfile2\traw\n2\ta\tb\t0.5\n", "line 2 is malformed"),
        (b"reference\tfile1\tfile2\traw\n1\ta\tb\n", "line 2 is malformed"),
        (b"reference\tfile1\tfile2\n1\ta\tb\n", "line 2 is malformed"),
        (b"reference\tfile1\tfile2\traw\n1\ta\tb\t0.5\n", "have different trials"),
    ],
)
def test_malformed_scores_end_with_one_line(mistake, applied_emb, tmp_path, content, message):
    scores = applied_emb[1].with_name(f"{applied_emb[1].name}.scores")
    scores.write_bytes(content)
    assert message in mistake("compare", *applied_emb, f"--out={tmp_path / 'out'}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("length", [0, 10, 400])
def test_a_damaged_archive_of_scores_leaves_the_area_blank(
    command, applied, tmp_path, capsys, length
):
    archive = applied[1] / "test0.npz"
    archive.write_bytes(archive.read_bytes()[:length])
    command("compare", *applied, f"--out={tmp_path}")
    assert "test0.npz is malformed" in capsys.readouterr().out.replace("\n", "")


def test_mistakes_end_with_one_line(mistake, applied, applied_emb, tmp_path):
    out = f"--out={tmp_path / 'out'}"
    first, second = applied
    assert "at least two systems" in mistake("compare", first, out)
    assert "given twice" in mistake("compare", first, first, out)
    assert "no results with errors found" in mistake("compare", first, tmp_path, out)
    assert "compare results of one application" in mistake("compare", first, applied_emb[0], out)
    assert not (tmp_path / "out").exists()
    params = second.parents[2] / "params.yml"
    content = yaml.safe_load(params.read_text())
    params.unlink()
    assert "params.yml: does not exist" in mistake("compare", first, second, out)
    params.write_text(yaml.safe_dump(content))
