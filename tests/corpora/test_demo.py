import numpy as np
import pytest
import soundfile
from pyannote.database import FileFinder, registry

from pyannote_strf.corpora import demo


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo")
    registry.load_database(demo.build(root))
    return root


def test_train_and_test_speakers_differ(root):
    protocol = registry.get_protocol(demo.PROTOCOL, preprocessors={"audio": FileFinder()})
    speakers = {}
    for subset, count in demo.NUM_FILES.items():
        files = list(getattr(protocol, subset)())
        assert len(files) == count
        labels = {label for file in files for label in file["annotation"].labels()}
        (speakers[subset],) = labels
        for file in files:
            audio, sample_rate = soundfile.read(file["audio"])
            assert len(audio) / sample_rate == demo.FILE_DURATION
            assert np.abs(audio).max() == pytest.approx(0.5, abs=1e-3)
            speech = file["annotation"].get_timeline().duration() / demo.FILE_DURATION
            assert 0.1 < speech < 0.95
    assert speakers["train"] == speakers["development"] != speakers["test"]


def test_annotated_speech_is_louder_than_the_rest(root):
    protocol = registry.get_protocol(demo.PROTOCOL, preprocessors={"audio": FileFinder()})
    inside, outside = [], []
    for file in protocol.train():
        audio, sample_rate = soundfile.read(file["audio"])
        speech = np.zeros(len(audio), dtype=bool)
        for segment in file["annotation"].get_timeline().support():
            speech[round(segment.start * sample_rate) : round(segment.end * sample_rate)] = True
        inside.append(np.square(audio[speech]).mean())
        outside.append(np.square(audio[~speech]).mean())
    # at 3 to 20 dB
    assert 10 * np.log10(np.mean(inside) / np.mean(outside)) > 5


def test_same_seed_gives_the_same_corpus(root, tmp_path):
    demo.build(tmp_path)
    for path in root.rglob("*.*"):
        assert path.read_bytes() == (tmp_path / path.relative_to(root)).read_bytes(), path.name
