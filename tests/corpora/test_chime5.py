import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyannote.core import Segment
from pyannote.database import registry

from pyannote_strf.corpora.chime5 import CHiME5Loader, Utterance, read_utterances
from pyannote_strf.database.check import check
from tests.corpora.folders import clock, init, utterance, write_audio, write_chime5

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.setitem(registry.sources, "CHiME5-annotation", [str(tmp_path)])
    monkeypatch.setitem(registry.sources, "CHiME5", [str(tmp_path / "{uri}_U01.CH1.wav")])

    def run(utterances: list, recipe: str = ""):
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev" / "S02.json").write_text(json.dumps(utterances))
        (tmp_path / "recipe.chime5").write_text(recipe)
        return CHiME5Loader(tmp_path / "recipe.chime5")({"uri": "S02", "database": "CHiME5"})

    return run


def on_clocks(entry: dict, **clocks: float) -> dict:
    """Shift the clocks of some devices."""
    for edge in ("start_time", "end_time"):
        hours, minutes, seconds = map(float, entry[edge]["U01"].split(":"))
        for device, shift in clocks.items():
            entry[edge][device] = clock(3600 * hours + 60 * minutes + seconds + shift)
    return entry


def test_times_are_read_on_the_clock_of_the_device(load):
    utterances = [on_clocks(utterance("P05", 3601.0, 3602.5), U02=0.3), utterance("P06", 3, 4)]
    annotation = load(utterances)
    assert [(s, speaker) for s, _, speaker in annotation.itertracks(yield_label=True)] == [
        (Segment(3, 4), "P06"),
        (Segment(3601, 3602.5), "P05"),
    ]
    (segment, _) = load(utterances, "device: U02").get_timeline()
    assert segment == Segment(3, 4)
    assert load(utterances, "device: U02").get_timeline()[1] == Segment(3601.3, 3602.8)


def test_times_of_chime6_are_read(load):
    annotation = load([utterance("P05", 1.0, 2.5, late=True)])
    assert list(annotation.get_timeline()) == [Segment(1.0, 2.5)]


def test_redacted_utterances_are_not_scored(load, tmp_path):
    write_audio(tmp_path / "S02_U01.CH1.wav", 10.0)
    redacted = utterance("P05", 4.0, 6.0, words="[redacted]")
    del redacted["speaker"]
    utterances = [utterance("P05", 1.0, 2.0), redacted]
    assert list(load(utterances).get_timeline()) == [Segment(1.0, 2.0)]
    scored = load(utterances, "returns: annotated")
    assert list(scored) == [Segment(0.0, 4.0), Segment(6.0, 10.0)]


hundredths = st.integers(0, 1_000_000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    times=st.lists(st.tuples(hundredths, hundredths), max_size=20),
    late=st.booleans(),
)
def test_utterances_are_read_as_written(tmp_path, times, late):
    times = [(min(pair) / 100, max(pair) / 100) for pair in times]
    path = tmp_path / "S02.json"
    path.write_text(json.dumps([utterance("P05", *pair, late=late) for pair in times]))
    read = read_utterances(path)
    assert [u.speaker for u in read] == ["P05"] * len(times)
    assert [(u.start, u.end) for u in read] == [pytest.approx(pair) for pair in times]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[\n{"speaker": "P05",\n', r"line 3: not JSON"),
        ("", "line 1: not JSON"),
        ("{}", "expected a list of utterances"),
        (json.dumps([utterance("P05", 1, 2), {}]), "utterance 2: no 'start_time'"),
        (json.dumps([utterance("P05", 2, 1)]), "utterance 1: ends at 1.00 s, before it starts"),
        (
            json.dumps([utterance("P05", 1, 2, late=True) | {"end_time": "soon"}]),
            "utterance 1: 'soon' is not a time",
        ),
        (json.dumps([utterance("P05", 1, 2) | {"end_time": {"U02": "0:00:01.00"}}]), "no 'U01'"),
        (json.dumps([3]), "utterance 1: "),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps([utterance("P05", 1, 2) | {"speaker": None}]), "utterance 1: speaker is None"),
    ],
)
def test_error_names_the_malformed_utterance(tmp_path, text, message):
    path = tmp_path / "S02.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        read_utterances(path)
    assert str(path) in str(error.value)


def test_utterance_has_all_fields(tmp_path):
    path = tmp_path / "S02.json"
    path.write_text(json.dumps([utterance("P05", 60.5, 61.25)]))
    assert read_utterances(path) == [Utterance("P05", 60.5, 61.25, redacted=False)]


def test_error_names_a_session_without_transcription(tmp_path, monkeypatch):
    monkeypatch.setitem(registry.sources, "CHiME5-annotation", [str(tmp_path)])
    (tmp_path / "recipe.chime5").write_text("")
    with pytest.raises(FileNotFoundError, match=r"no S02\.json in"):
        CHiME5Loader(tmp_path / "recipe.chime5")({"uri": "S02"})


def test_chime5_is_found_and_valid(tmp_path):
    init(tmp_path, chime5=write_chime5(tmp_path / "CHiME5"))
    report = check("CHiME5.SpeakerDiarization.U01")
    assert report.messages == []
    assert [len(files) for files in report.files.values()] == [16, 2, 2]
    (first, *_) = report.files["development"]
    assert first.duration == 6.0
    assert first.annotated == pytest.approx(5.0)
    assert (first.speech, first.overlap) == (pytest.approx(2.5), pytest.approx(0.5))
