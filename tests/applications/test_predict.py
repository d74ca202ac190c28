import os
import pickle
import shutil
import signal
import sys
import time

import numpy as np
import psutil
import pytest
import soundfile

from pyannote_strf.applications import predict as module
from pyannote_strf.applications.apply import apply
from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.predict import FilePredictor, predict
from pyannote_strf.applications.sad import PredictOptions, ScoreFormat
from pyannote_strf.applications.sources import Source, find_sources
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.directories import ValidateDir
from tests.conftest import PROTOCOL

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")
SCORES = PredictOptions(scores=ScoreFormat.NPZ)


@pytest.fixture
def experiment(trained_experiments):
    return trained_experiments["sad"]


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}


def scores_in(path):
    with np.load(path) as archive:
        return archive["scores"]


@pytest.mark.parametrize("batch", [1, 3, 32])
def test_scores_are_those_of_apply(trained_experiments, corpus, tmp_path, batch):
    load_registry(corpus / "database.yml")
    experiment = shutil.copytree(trained_experiments["sad"], tmp_path / "sad")
    (validate_dir,) = map(ValidateDir, experiment.glob("train/*/validate_*/*"))
    apply(get_application("sad"), validate_dir, PROTOCOL, "test")
    (expected,) = validate_dir.path.glob("apply/*/*.test")

    options = PredictOptions(scores=ScoreFormat.NPZ, batch=batch)
    predictor = FilePredictor("sad", experiment, tmp_path / "out", options)
    assert predict(predictor, find_sources(sorted(corpus.glob("test?.wav")))) == []
    for name in ("test0", "test1"):
        found = scores_in(tmp_path / "out" / f"{name}.scores.npz")
        assert np.allclose(found, scores_in(expected / f"{name}.npz"), atol=1e-5)


def test_two_processes_write_what_one_writes_in_any_order(experiment, corpus, tmp_path):
    sources = find_sources([corpus])
    for name, jobs, order in (("one", 1, 1), ("two", 2, -1)):
        predictor = FilePredictor("sad", experiment, tmp_path / name, SCORES)
        assert predict(predictor, sources[::order], jobs) == []
    one, two = (contents(tmp_path / name) for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert len(one) == 2 * len(sources)
    for path in one:
        if path.suffix == ".rttm":
            assert one[path] == two[path]
        else:
            assert np.allclose(
                *(scores_in(tmp_path / name / path) for name in ("one", "two")), atol=1e-5
            )


def test_a_file_that_fails_does_not_stop_the_others(experiment, corpus, tmp_path):
    for name in ("a.wav", "c.wav"):
        shutil.copy(corpus / "test0.wav", tmp_path / name)
    (tmp_path / "b.wav").write_bytes(b"RIFF, or not")
    (tmp_path / "d.wav").touch()
    out = tmp_path / "out"
    progress = []
    failures = predict(
        FilePredictor("sad", experiment, out),
        find_sources([tmp_path]),
        progress=lambda *seen: progress.append(seen),
    )
    assert [failure.name for failure in failures] == ["b", "d"]
    assert "b.wav: neither libsndfile nor torchcodec can read this file" in failures[0].reason
    assert "d.wav: file is empty" in failures[1].reason
    assert sorted(path.name for path in out.iterdir()) == ["a.rttm", "c.rttm"]
    assert progress[-1] == ("predicting", 4, 4)


def test_existing_outputs_are_skipped_only_if_all_of_them_exist(experiment, corpus, tmp_path):
    source = Source(corpus / "test0.wav", "test0")
    skipping = FilePredictor("sad", experiment, tmp_path, SCORES, skip_existing=True)
    (tmp_path / "test0.rttm").write_text("kept")
    skipping(source)
    assert (tmp_path / "test0.rttm").read_text() != "kept"
    (tmp_path / "test0.rttm").write_text("kept")
    skipping(source)
    assert (tmp_path / "test0.rttm").read_text() == "kept"
    FilePredictor("sad", experiment, tmp_path, SCORES)(source)
    assert (tmp_path / "test0.rttm").read_text() != "kept"


def test_a_pickled_predictor_loads_the_model_again(experiment, corpus, tmp_path):
    predictor = FilePredictor("sad", experiment, tmp_path)
    predictor(Source(corpus / "test0.wav", "first"))
    copy = pickle.loads(pickle.dumps(predictor))
    assert len(pickle.dumps(predictor)) < 10_000
    copy(Source(corpus / "test0.wav", "second"))
    first, second = ((tmp_path / f"{n}.rttm").read_text() for n in ("first", "second"))
    assert first.replace("first", "second") == second


def test_temporary_files_of_killed_processes_are_removed(experiment, corpus, tmp_path):
    mine, other = (tmp_path / f".{name}.rttm.{'0' * 16}.partial" for name in ("test0", "test9"))
    recent = mine.with_name(mine.name.replace("0000", "1111"))
    for path in (mine, other, recent):
        path.touch()
    for path in (mine, other):
        os.utime(path, (0, 0))
    predict(FilePredictor("sad", experiment, tmp_path), [Source(corpus / "test0.wav", "test0")])
    assert [path.exists() for path in (mine, other, recent)] == [False, True, True]


def test_outputs_of_a_recording_are_written_together_or_not_at_all(experiment, corpus, tmp_path):
    (tmp_path / "test0.rttm").write_text("earlier")
    (tmp_path / "test0.scores.npz").mkdir()
    source = Source(corpus / "test0.wav", "test0")
    (failure,) = predict(FilePredictor("sad", experiment, tmp_path, SCORES), [source])
    assert "test0.scores.npz: cannot be written" in failure.reason
    assert (tmp_path / "test0.rttm").read_text() == "earlier"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_clip_of_one_sample_does_not_stop_the_others(trained_experiments, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(1, 0.1), 44100)
    soundfile.write(tmp_path / "b.wav", 0.1 * np.random.default_rng(0).normal(size=8000), 16000)
    predictor = FilePredictor("tag", trained_experiments["tag"], tmp_path / "out")
    (failure,) = predict(predictor, find_sources([tmp_path]))
    assert failure.reason.endswith("a.wav: the clip is shorter than one sample")
    assert [path.stem for path in (tmp_path / "out").iterdir()] == ["b"]


def test_an_error_of_torch_does_not_stop_the_others(experiment, corpus, tmp_path, monkeypatch):
    predictor = FilePredictor("sad", experiment, tmp_path)
    with_scores = predictor.loaded.pipeline.with_scores

    def fail(file):
        if file["uri"] == "a":
            raise RuntimeError("CUDA out of memory")
        return with_scores(file)

    monkeypatch.setattr(predictor.loaded.pipeline, "with_scores", fail)
    sources = [Source(corpus / "test0.wav", name) for name in ("a", "b")]
    (failure,) = predict(predictor, sources)
    assert failure.reason == f"{corpus / 'test0.wav'}: CUDA out of memory"
    assert (tmp_path / "b.rttm").exists()


def test_processes_end_when_their_parent_is_killed(experiment, corpus, tmp_path):
    script = (
        "import sys; from pathlib import Path\n"
        "from pyannote_strf.applications.predict import FilePredictor, predict\n"
        "from pyannote_strf.applications.sources import Source\n"
        "if __name__ == '__main__':\n"
        "    sources = [Source(Path(sys.argv[2]), str(n)) for n in range(10_000)]\n"
        "    predict(FilePredictor('sad', sys.argv[1], Path(sys.argv[3])), sources, jobs=2)\n"
    )
    (tmp_path / "script.py").write_text(script)
    out = tmp_path / "out"
    process = psutil.Popen(
        [sys.executable, tmp_path / "script.py", experiment, corpus / "test0.wav", out]
    )
    while not list(out.glob("*.rttm")):
        assert process.is_running()
        time.sleep(0.05)
    workers = process.children(recursive=True)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


def test_a_channel_can_be_chosen(experiment, corpus, tmp_path):
    speech, sample_rate = soundfile.read(corpus / "test0.wav")
    soundfile.write(tmp_path / "stereo.wav", np.stack([0 * speech, speech], axis=1), sample_rate)
    lines = []
    for channel in (0, 1):
        FilePredictor("sad", experiment, tmp_path, channel=channel)(
            Source(tmp_path / "stereo.wav", "stereo")
        )
        lines.append((tmp_path / "stereo.rttm").read_text())
    FilePredictor("sad", experiment, tmp_path)(Source(corpus / "test0.wav", "stereo"))
    assert lines[1] == (tmp_path / "stereo.rttm").read_text()
    assert lines[0] != lines[1]
    with pytest.raises(ValueError, match=r"has no channel 2, valid channels: 0 to 1"):
        FilePredictor("sad", experiment, tmp_path, channel=2)(
            Source(tmp_path / "stereo.wav", "stereo")
        )


def test_processes_are_started_for_much_audio_only(corpus, experiment, tmp_path, monkeypatch):
    monkeypatch.setattr(module.torch, "get_num_threads", lambda: 8)
    predictor = FilePredictor("sad", experiment, tmp_path)
    sources = find_sources([corpus])
    assert module._jobs(predictor, sources) == 1
    monkeypatch.setattr(module, "WORTH_PROCESSES", 8.0 * len(sources))
    assert module._jobs(predictor, sources) == 4
    assert module._jobs(FilePredictor("sad", "", tmp_path, device="cuda"), sources) == 1


def test_a_killed_process_raises_an_error(experiment, corpus, tmp_path, monkeypatch):
    sources = [Source(corpus / "test0.wav", "a"), Kill(b"", "b")]
    with pytest.raises(ValueError, match=r"a process was killed.*--skip-existing"):
        predict(FilePredictor("sad", experiment, tmp_path), sources, jobs=2)


class Kill(Source):
    """A file that kills the process that reads it."""

    def file(self, channel=None):
        os.kill(os.getpid(), signal.SIGKILL)
