"""Files of the scores and labels of windows, as their formats define them."""

import json

import numpy as np
import pytest

from pyannote_strf.applications.tag import Format, PredictOptions
from pyannote_strf.applications.tag.formats import formatted, suffixes, top
from pyannote_strf.pipelines.audio_tagging import Windows
from tests.pipelines.test_audio_tagging import MONO, MULTI, tagger

REGIONS = np.array([[0.0, 1.0], [0.5, 1.5], [0.6, 1.6]])
SCORES = np.array([[0.7, 0.1, 0.2], [0.5, 0.5, 0.9], [0.1, 0.2, 0.3]])
FILE = {"audio": "/field/yard, 1.wav", "uri": "yard, 1"}


@pytest.fixture
def written(monkeypatch):
    """Return a function that returns the text of a format, for three windows."""

    def write(kind, problem=MULTI, **file):
        pipeline = tagger(problem)
        monkeypatch.setattr(pipeline, "windows", lambda files: iter([Windows(REGIONS, SCORES)]))
        options = PredictOptions(format=[kind])
        found = formatted(pipeline, {**FILE, **file}, options)
        assert list(found) == suffixes(options)
        (content,) = found.values()
        return content.decode()

    return write


def test_csv_has_the_scores_of_each_window(written):
    assert written(Format.CSV).splitlines() == [
        "file,start,end,bass,treble,noise",
        '"yard, 1",0.000,1.000,0.700000,0.100000,0.200000',
        '"yard, 1",0.500,1.500,0.500000,0.500000,0.900000',
        '"yard, 1",0.600,1.600,0.100000,0.200000,0.300000',
    ]


@pytest.mark.parametrize(
    ("problem", "whole", "parts"),
    [
        (MONO, ["noise"], [["bass"], ["noise"], ["noise"]]),
        # thresholds are 0.5
        (MULTI, [], [["bass"], ["bass", "treble", "noise"], []]),
    ],
)
def test_json_has_labels_and_scores_of_the_recording_and_of_its_windows(
    written, problem, whole, parts
):
    content = json.loads(written(Format.JSON, problem))
    assert list(content) == ["file", "labels", "scores", "windows"]
    assert (content["file"], content["labels"]) == ("yard, 1", whole)
    assert list(content["scores"]) == ["bass", "treble", "noise"]
    assert list(content["scores"].values()) == pytest.approx([1.3 / 3, 0.8 / 3, 1.4 / 3], abs=1e-6)
    assert [window["labels"] for window in content["windows"]] == parts
    assert [[window["start"], window["end"]] for window in content["windows"]] == REGIONS.tolist()
    assert [list(window["scores"].values()) for window in content["windows"]] == SCORES.tolist()


def test_audacity_labels_are_start_end_and_text(written):
    assert written(Format.AUDACITY).split("\n") == [
        "0.000000\t1.000000\tbass\t0.7000",
        "0.500000\t1.500000\tbass\t0.5000",
        "0.500000\t1.500000\ttreble\t0.5000",
        "0.500000\t1.500000\tnoise\t0.9000",
        "",
    ]


def test_raven_selections_have_the_columns_of_raven(written):
    header, *lines = written(Format.RAVEN, MONO, channel=1).splitlines()
    columns = header.split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    assert [row["Selection"] for row in rows] == ["1", "2", "3"]
    assert {row["View"] for row in rows} == {"Spectrogram 1"}
    # from 1
    assert {row["Channel"] for row in rows} == {"2"}
    times = [[float(row[f"{side} Time (s)"]) for side in ("Begin", "End")] for row in rows]
    assert times == REGIONS.tolist()
    # up to half the sample rate
    assert {(row["Low Freq (Hz)"], row["High Freq (Hz)"]) for row in rows} == {("0", "8000")}
    for name in ("Common Name", "Species Code"):
        assert [row[name] for row in rows] == ["bass", "noise", "noise"]
    assert [float(row["Confidence"]) for row in rows] == [0.7, 0.9, 0.3]
    assert {row["Begin Path"] for row in rows} == {"/field/yard, 1.wav"}
    assert [float(row["File Offset (s)"]) for row in rows] == REGIONS[:, 0].tolist()


def test_the_highest_scores_are_means_over_windows(written, monkeypatch):
    pipeline = tagger()
    monkeypatch.setattr(pipeline, "windows", lambda files: iter([Windows(REGIONS, SCORES)]))
    assert top(pipeline, [FILE], 2) == "yard, 1: noise 0.467, bass 0.433\n"
