from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest

from pyannote_strf.applications.load import build_pipeline
from pyannote_strf.applications.sad import SpeechActivityDetection, ValidateOptions
from pyannote_strf.applications.sad.storage import fingerprint
from pyannote_strf.applications.sad.tuning import (
    best_threshold,
    cache_scores,
    evaluate,
    tune,
)
from pyannote_strf.models import STRFPyanNet
from pyannote_strf.progress import silent
from tests.conftest import TINY_ARCHITECTURE


@pytest.fixture
def scored(protocol, built):
    """Function that returns a new pipeline, its files and their scores, as a process would."""
    model = built(STRFPyanNet(**TINY_ARCHITECTURE))

    def score(step=0.5):
        pipeline = build_pipeline(SpeechActivityDetection(), model, {"step": step})
        files = list(protocol.development())
        return pipeline, files, cache_scores(pipeline, files)

    return score


def test_tuning_is_reproducible_and_not_worse_than_the_best_threshold(scored):
    pipeline, files, scores = scored()
    value, threshold = best_threshold(pipeline, files)
    seen = []
    results = [
        tune(pipeline, files, scores, threshold, 8, lambda *seen_now: seen.append(seen_now))
        for _ in range(2)
    ]
    assert results[0] == results[1]
    params, tuned = results[0]
    assert tuned <= value
    assert evaluate(pipeline, files, params) == tuned
    assert seen[-1] == ("tuning", 8, 8)


@pytest.mark.parametrize("suffix", [".journal", ".sqlite"])
def test_processes_share_the_requested_number_of_trials(scored, tmp_path, suffix):
    storage = tmp_path / f"trials{suffix}"

    def run(_):
        pipeline, files, scores = scored()
        return tune(pipeline, files, scores, 0.5, 12, silent, storage)

    with ThreadPoolExecutor(2) as processes:
        results = list(processes.map(run, range(2)))
    pipeline, files, _ = scored()
    if suffix == ".journal":
        backend = optuna.storages.journal.JournalFileBackend(str(storage))
        opened = optuna.storages.JournalStorage(backend)
    else:
        opened = f"sqlite:///{storage}"
    study = optuna.load_study(study_name=fingerprint(pipeline, files), storage=opened)
    complete = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
    assert len(complete) == 12
    assert len({tuple(trial.params.values()) for trial in complete}) == 12
    assert min(value for _, value in results) == pytest.approx(study.best_value)


def test_fingerprint_depends_on_model_step_files_and_reference(scored, protocol):
    pipeline, files, _ = scored()
    names = {fingerprint(pipeline, files), fingerprint(scored(step=0.25)[0], files)}
    names.add(fingerprint(pipeline, files[:1]))
    files[0]["annotation"] = files[0]["annotation"].crop(
        files[0]["annotated"].extent() & files[0]["annotation"].get_timeline()[0]
    )
    names.add(fingerprint(pipeline, files))
    next(pipeline._segmentation.model.parameters()).data += 1
    names.add(fingerprint(pipeline, files))
    assert len(names) == 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("trials.db", r"suffix not supported, valid options: \.sqlite, \.journal"),
        ("text.sqlite", "not a storage of trials"),
        ("text.journal", "not a storage of trials"),
        ("text.journal/trials.journal", "a file where a directory is needed"),
    ],
)
def test_an_invalid_storage_raises_an_error(tmp_path, name, message):
    for kind in ("journal", "sqlite"):
        (tmp_path / f"text.{kind}").write_text("something else\n")
    with pytest.raises(ValueError, match=message):
        ValidateOptions(storage=tmp_path / name)


def test_a_damaged_storage_raises_an_error(scored, tmp_path):
    storage = tmp_path / "trials.sqlite"
    storage.write_bytes(b"SQLite format 3\0" + 100 * b"?")
    with pytest.raises(ValueError, match="cannot be used as storage"):
        tune(*scored(), 0.5, 2, silent, storage)
