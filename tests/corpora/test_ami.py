import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyannote.core import Segment
from pyannote.database import FileFinder, registry

from pyannote_strf.corpora.ami import AMILoader, read_participants, read_words
from pyannote_strf.database.check import check
from pyannote_strf.database.problems import Problem
from tests.corpora.folders import audio, init, meetings_xml, names, word, words_xml, write_ami

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

MEETINGS = names("ami/only_words.test.lst")

VOCAL_SOUND = '<vocalsound nite:id="{id}" starttime="5.0" endtime="6.0" type="laugh"/>'
NOT_SPEECH = [
    '<w nite:id="{id}" starttime="9.0" endtime="9.0" punc="true">,</w>',
    '<w nite:id="{id}">untimed</w>',
    '<disfmarker nite:id="{id}" starttime="8.0" endtime="8.5"/>',
    '<nonvocalsound nite:id="{id}" starttime="8.0" endtime="8.5" type="other"/>',
    '<gap nite:id="{id}" starttime="8.0" endtime="8.5"/>',
    '<transformerror nite:id="{id}" starttime="8.0" endtime="8.5"/>',
]


@pytest.fixture
def annotate(tmp_path, monkeypatch):
    """Load the annotation of a meeting, given the XML elements of each speaker."""
    monkeypatch.setitem(registry.sources, "AMI-annotation", [str(tmp_path)])
    read_participants.cache_clear()

    def run(recipe: str, uri: str = "ES2002a", **elements: list[str]):
        (tmp_path / "words").mkdir(exist_ok=True)
        (tmp_path / "corpusResources").mkdir(exist_ok=True)
        for letter, content in elements.items():
            path = tmp_path / "words" / f"ES2002a.{letter}.words.xml"
            path.write_text(words_xml("ES2002a", letter, content), encoding="latin-1")
        names = meetings_xml({"ES2002a": {"A": "MEE006", "B": "FEE005"}})
        (tmp_path / "corpusResources" / "meetings.xml").write_text(names)
        (tmp_path / "recipe.ami").write_text(recipe)
        return AMILoader(tmp_path / "recipe.ami")({"uri": uri})

    return run


def test_speech_consists_of_the_words_of_participants(annotate):
    elements = [word(1.0, 1.5), word(1.5, 2.0), VOCAL_SOUND, *NOT_SPEECH]
    annotation = annotate("", A=elements, B=[word(1.7, 3.0)])
    assert annotation.uri == "ES2002a"
    assert [(s, speaker) for s, _, speaker in annotation.itertracks(yield_label=True)] == [
        (Segment(1.0, 2.0), "MEE006"),
        (Segment(1.7, 3.0), "FEE005"),
    ]


def test_recipe_adds_vocal_sounds_and_fills_gaps(annotate):
    elements = [word(1.0, 1.5), word(1.75, 2.0), word(2.5, 3.0), VOCAL_SOUND]
    recipe = "vocal_sounds: true\ngap: 0.3"
    annotation = annotate(recipe, uri="ES2002a.Mix-Headset", A=elements, B=[word(1.0, 1.5)])
    assert annotation.uri == "ES2002a.Mix-Headset"
    regions = [Segment(1.0, 2.0), Segment(2.5, 3.0), Segment(5.0, 6.0)]
    assert list(annotation.label_timeline("MEE006")) == regions


milliseconds = st.integers(0, 10_000_000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(edges=st.lists(milliseconds, min_size=2, max_size=40, unique=True))
def test_words_are_read_as_written(tmp_path, edges):
    edges = sorted(edge / 1000 for edge in edges)
    words = list(zip(edges[::2], edges[1::2]))
    path = tmp_path / "ES2002a.A.words.xml"
    path.write_text(words_xml("ES2002a", "A", [word(*times) for times in words]))
    assert read_words(path) == words


BOMB = """<?xml version="1.0"?>
<!DOCTYPE root [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<root><w starttime="0" endtime="1">&b;</w></root>
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (words_xml("m", "A", [word(1, 2), '<w starttime="x" endtime="2"/>']), "line 4: .*'x'"),
        (words_xml("m", "A", [word(2, 1)]), "line 3: a word from 2 to 1 s"),
        (words_xml("m", "A", ['<w starttime="nan" endtime="2"/>']), "line 3: a word from nan"),
        (words_xml("m", "A", [word(1, 2)])[:-12], "line 4: not XML"),
        ("plain text", "line 1: not XML"),
        ("", "line 1: not XML"),
        (BOMB, "refused, it declares entities"),
    ],
)
def test_error_names_the_line_of_malformed_words(tmp_path, text, message):
    path = tmp_path / "ES2002a.A.words.xml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        read_words(path)
    assert str(path) in str(error.value)


def test_error_names_the_missing_attribute_of_a_meeting(tmp_path):
    path = tmp_path / "meetings.xml"
    path.write_text('<meetings>\n<meeting duration="1"/>\n</meetings>')
    with pytest.raises(ValueError, match="line 2: <meeting> without 'observation'"):
        read_participants(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"A": [word(0.0, 1.0)]}, "no words of speakers B in "),
        ({"A": [word(0.0, 1.0)], "B": NOT_SPEECH}, r"ES2002a\.B\.words\.xml: no words"),
    ],
)
def test_participant_without_words_causes_a_warning(annotate, words, message):
    with pytest.warns(UserWarning, match=message):
        assert annotate("", **words).labels() == ["MEE006"]


def test_error_names_an_unknown_participant(annotate):
    with pytest.raises(ValueError, match="no speaker 'E' in meeting 'ES2002a'"):
        annotate("", E=[word(0.0, 1.0)])


def test_error_names_a_meeting_without_annotation(annotate):
    with pytest.raises(FileNotFoundError, match=r"no IS1000a\.\*\.words\.xml in "):
        annotate("", uri="IS1000a", A=[word(0.0, 1.0)])


def test_error_names_a_missing_annotation_folder(annotate, monkeypatch):
    monkeypatch.setitem(registry.sources, "AMI-annotation", ["/no/such/folder"])
    with pytest.raises(FileNotFoundError, match="folder /no/such/folder does not exist"):
        annotate("", A=[])
    monkeypatch.delitem(registry.sources, "AMI-annotation")
    with pytest.raises(FileNotFoundError, match="add `AMI-annotation: path/to/folder`"):
        annotate("", A=[])


@pytest.mark.parametrize("layout", ["as downloaded", "all in one folder", "without audio/"])
def test_ami_is_found_in_any_folder_structure(tmp_path, layout):
    root = write_ami(tmp_path / "AMI", MEETINGS)
    for meeting in MEETINGS:
        folder = root / "amicorpus" / meeting / "audio"
        if layout != "as downloaded":
            for path in list(folder.iterdir()):
                one = layout == "all in one folder"
                path.rename((root / "amicorpus" if one else folder.parent) / path.name)
            folder.rmdir()
    init(tmp_path, ami=root)
    for database, microphone in (("AMI", "Mix-Headset"), ("AMI-SDM", "Array1-01")):
        found = audio(f"{database}.SpeakerDiarization.only_words", "test")
        assert [path.rpartition("/")[2] for path in found] == [
            f"{meeting}.{microphone}.wav" for meeting in MEETINGS
        ]
    (test, *_) = registry.get_protocol("AMI.SpeakerDiarization.only_words").test()
    assert len(test["annotation"].labels()) == 2
    for meeting, path in zip(MEETINGS, audio("AMI.SpeakerDiarization.only_words", "test")):
        file = {"uri": f"{meeting}.Mix-Headset", "database": "AMI"}
        assert str(FileFinder()(file)) == path


def test_check_reports_words_after_the_end_of_a_recording(tmp_path):
    root = write_ami(tmp_path / "AMI", MEETINGS, duration=1.0)
    words = root / "ami_public_manual_1.6.2" / "words" / f"{MEETINGS[0]}.A.words.xml"
    words.write_text(words_xml(MEETINGS[0], "A", [word(0.1, 0.9), word(3.0, 4.0)]))
    init(tmp_path, ami=root)
    problems = check("AMI.SpeakerDiarization.only_words").problems
    text = "speech up to 4.00 s, but its audio lasts 1.00 s"
    assert Problem(text, "test", MEETINGS[0]) in problems
