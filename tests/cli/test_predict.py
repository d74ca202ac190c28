import csv
import io
import json
import shutil
import sys

import numpy as np
import pytest
from pyannote.database.util import load_rttm

from pyannote_strf import load_pipeline
from tests.conftest import PROTOCOL


@pytest.fixture
def sad(trained_experiments):
    return trained_experiments["sad"]


@pytest.fixture
def emb(trained_experiments):
    return trained_experiments["emb"]


@pytest.fixture
def regions(sad, corpus):
    """Regions of speech that a file should have."""
    speech = load_pipeline(sad)(corpus / "test0.wav").get_timeline()
    return [(region.start, region.end) for region in speech]


def edges(rows):
    return [tuple(map(float, row)) for row in rows]


def test_the_result_of_one_file_is_printed(command, sad, corpus, regions, capsys, tmp_path):
    command("sad", "predict", "--cpu", sad, corpus / "test0.wav")
    out, err = capsys.readouterr()
    assert not err
    (tmp_path / "printed.rttm").write_text(out)
    speech = load_rttm(tmp_path / "printed.rttm")["test0"].get_timeline()
    assert np.allclose([tuple(region) for region in speech], regions, atol=1e-3)


def test_formats_hold_the_same_regions(command, sad, corpus, regions, tmp_path):
    formats = [f"--format={name}" for name in ("rttm", "audacity", "csv", "json")]
    scores = "--scores=csv"
    command("sad", "predict", "--cpu", *formats, scores, f"--out={tmp_path}", sad, corpus)
    speech = load_rttm(tmp_path / "test0.rttm")["test0"].get_timeline()
    labels = [line.split("\t") for line in (tmp_path / "test0.txt").read_text().splitlines()]
    with (tmp_path / "test0.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    listed = json.loads((tmp_path / "test0.json").read_text())
    assert listed["file"] == rows[0]["file"] == "test0"
    assert {label[2] for label in labels} == {"speech"}
    for found in (
        [tuple(region) for region in speech],
        edges(label[:2] for label in labels),
        edges((row["start"], row["end"]) for row in rows),
        edges((region["start"], region["end"]) for region in listed["speech"]),
    ):
        assert np.allclose(found, regions, atol=1e-3)
    with (tmp_path / "test0.scores.csv").open() as stream:
        frames = list(csv.DictReader(stream))
    expected = load_pipeline(sad).with_scores(corpus / "test0.wav")[1].data
    assert np.allclose([float(frame["score"]) for frame in frames], expected[:, 0], atol=1e-5)


@pytest.mark.parametrize(
    ("option", "name"),
    [("--jobs=2", "jobs"), ("--skip-existing", "skip-existing"), ("--shard=1/2", "shard")],
)
def test_options_of_output_directories_need_one(mistake, sad, corpus, option, name):
    message = mistake("sad", "predict", "--cpu", option, sad, corpus / "test0.wav")
    assert message == f"error: --{name} needs a directory for results; add --out"


def test_embeddings_are_printed_as_json_only(command, mistake, emb, corpus, capsys):
    files = (corpus / "test0.wav", corpus / "test1.wav")
    message = mistake("emb", "predict", "--cpu", "--format=npz", emb, files[0])
    assert message == "error: --format=npz needs a directory for results; add --out"
    message = mistake("emb", "predict", "--cpu", "--format=json", emb, *files)
    assert message == "error: 2 files need a directory for their output; add --out"
    command("emb", "predict", "--cpu", "--format=json", emb, files[0])
    assert json.loads(capsys.readouterr().out)["file"] == "test0"


def test_tildes_in_options_are_the_home_directory(command, sad, corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    command("sad", "predict", "--cpu", "--out=~/found", sad, corpus / "test0.wav")
    assert (tmp_path / "found" / "test0.rttm").is_file()
    assert not (tmp_path / "~").exists()


def test_white_space_in_names_does_not_break_rttm(command, sad, corpus, tmp_path):
    shutil.copy(corpus / "test0.wav", tmp_path / "first call.wav")
    command("sad", "predict", "--cpu", f"--out={tmp_path}", sad, tmp_path)
    assert list(load_rttm(tmp_path / "first call.rttm")) == ["first_call"]


def test_models_that_are_not_tuned_say_their_hyper_parameters(command, sad, corpus, capsys):
    checkpoint = sad / "train" / f"{PROTOCOL}.train" / "weights" / "0001.ckpt"
    command("sad", "predict", "--cpu", checkpoint, corpus / "test0.wav")
    assert "not tuned. Default hyper-parameters are used: onset 0.5" in capsys.readouterr().err


def test_a_stream_without_a_length_is_read_from_standard_input(
    command, sad, corpus, capsys, monkeypatch
):
    command("sad", "predict", "--cpu", sad, corpus / "test0.wav")
    expected = capsys.readouterr().out
    content = bytearray((corpus / "test0.wav").read_bytes())
    # as programs write them that cannot seek in their output
    unknown = b"\xff\xff\xff\xff"
    content[4:8] = unknown
    at = content.index(b"data") + 4
    content[at : at + 4] = unknown
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(content))))
    command("sad", "predict", "--cpu", sad, "-")
    assert capsys.readouterr().out == expected.replace("test0", "stdin")


def test_files_that_fail_are_listed(command, sad, corpus, tmp_path, capsys):
    shutil.copy(corpus / "test0.wav", tmp_path / "good.wav")
    (tmp_path / "bad.wav").write_bytes(b"not audio")
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stop:
        command("sad", "predict", "--cpu", f"--out={out}", sad, tmp_path)
    assert stop.value.code == "error: 1 of 2 files failed: see above"
    printed, err = capsys.readouterr()
    assert f"Results of 1 of 2 files are in {out}" in printed
    assert "bad.wav: neither libsndfile nor torchcodec can read this file" in err
    assert [path.name for path in out.iterdir()] == ["good.rttm"]


def test_shards_write_each_file_once(command, sad, corpus, tmp_path):
    for part in ("1/3", "2/3", "3/3"):
        command(
            "sad", "predict", "--cpu", f"--shard={part}", f"--out={tmp_path / part}", sad, corpus
        )
    written = [path.stem for path in tmp_path.rglob("*.rttm")]
    assert sorted(written) == sorted(path.stem for path in corpus.glob("*.wav"))


def test_existing_results_are_skipped(command, sad, corpus, tmp_path):
    (tmp_path / "test0.rttm").write_text("kept")
    command("sad", "predict", "--cpu", "--skip-existing", f"--out={tmp_path}", sad, corpus)
    assert (tmp_path / "test0.rttm").read_text() == "kept"
    assert load_rttm(tmp_path / "test1.rttm")


def test_embeddings_are_written(command, emb, voices, tmp_path, capsys):
    path = voices / "test115-0.wav"
    expected = load_pipeline(emb).embed(path)
    command("emb", "predict", "--cpu", f"--out={tmp_path}", emb, path)
    with np.load(tmp_path / "test115-0.npz") as archive:
        assert np.allclose(archive["embedding"], expected, atol=1e-5)
    capsys.readouterr()
    command("emb", "predict", "--cpu", emb, path)
    printed = json.loads(capsys.readouterr().out)
    assert printed["file"] == "test115-0"
    assert np.allclose(printed["embedding"], expected, atol=1e-5)


def test_recordings_of_the_same_name_are_compared(command, emb, voices, tmp_path, capsys):
    left, right = voices / "test115-0.wav", tmp_path / "test115-0.wav"
    shutil.copy(voices / "test165-0.wav", right)
    command("emb", "predict", "--cpu", emb, left, right)
    score, _ = load_pipeline(emb)({"file1": left, "file2": right})
    assert capsys.readouterr().out.splitlines()[0] == f"score: {score:.4f}"
    command("emb", "predict", "--cpu", emb, left, left)
    assert capsys.readouterr().out.splitlines()[0] == "score: 1.0000"


def test_two_recordings_are_compared(command, emb, voices, capsys):
    pipeline = load_pipeline(emb)
    for other in ("test115-1.wav", "test165-0.wav"):
        left, right = voices / "test115-0.wav", voices / other
        score, same = pipeline({"file1": left, "file2": right})
        command("emb", "predict", "--cpu", emb, left, right)
        first, second = capsys.readouterr().out.splitlines()
        assert first == f"score: {score:.4f}"
        assert second.startswith(f"decision: {'same speaker' if same else 'different speakers'}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{sad}", "{corpus}"], "7 files need a directory for their output; add --out"),
        (["{sad}", "missing.wav"], "missing.wav: no such file or folder"),
        (["{sad}", "{empty}"], "no audio file found"),
        (["{empty}", "{file}"], "no trained model found"),
        (["missing", "{file}"], "missing: no such checkpoint or directory"),
        (["{emb}", "{file}"], "written by `emb`, not by `sad`; use `pyannote-strf emb`"),
        (["{sad}", "{file}", "--channel=1"], "test0.wav: audio has no channel 1"),
        (["{sad}", "{file}", "--out={file}"], "a file where a directory is needed"),
        (["{sad}", "{file}", "--scores=npz"], "--scores needs a directory"),
        (["{sad}", "{file}", "--format=csv", "--format=json"], "several formats need a directory"),
        (
            ["{sad}", "{file}", "--out={empty}", "--shard=3/2"],
            "--shard must be I/N with 1 <= I <= N",
        ),
    ],
)
def test_mistakes_end_with_one_line(mistake, sad, emb, corpus, tmp_path, arguments, message):
    places = {
        "sad": sad,
        "emb": emb,
        "corpus": corpus,
        "file": corpus / "test0.wav",
        "empty": tmp_path,
    }
    assert message in mistake("sad", "predict", "--cpu", *(a.format(**places) for a in arguments))


def test_standard_input_without_content_ends_with_one_line(mistake, sad, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert "standard input is empty" in mistake("sad", "predict", sad, "-")
