import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import yaml
from pyannote.audio import Pipeline
from pyannote.core import SlidingWindow, SlidingWindowFeature
from pyannote.metrics.detection import DetectionErrorRate, DetectionPrecisionRecallFMeasure
from pyannote.pipeline import Optimizer

from pyannote_strf import STRFPyanNet
from pyannote_strf.pipelines import SpeechActivityDetection
from tests.conftest import PROTOCOL, TINY_ARCHITECTURE, TINY_CONFIG, fit


@pytest.fixture
def pipeline(built):
    return SpeechActivityDetection(segmentation=built(STRFPyanNet(**TINY_ARCHITECTURE)))


@pytest.fixture
def scored(pipeline, protocol):
    """Pipeline in training mode, and files whose cached scores are smoothed annotation."""
    files = list(protocol.development())
    for file in files:
        frames = SlidingWindow(start=0, duration=0.025, step=0.01)
        speech = np.zeros(800)
        for segment in file["annotation"].get_timeline().support():
            speech[round(segment.start * 100) : round(segment.end * 100)] = 1
        scores = np.convolve(speech, np.ones(41) / 41, mode="same")[:, None]
        file[pipeline.CACHED_SEGMENTATION] = SlidingWindowFeature(scores, frames)
    pipeline.training = True
    return pipeline, files


def regions(pipeline, file, **parameters):
    pipeline.instantiate({**pipeline.default_parameters(), **parameters})
    return [(s.start, s.end) for s in pipeline(file).get_timeline().support()]


def test_default_parameters_find_what_is_there(scored):
    pipeline, (file, _) = scored
    expected = [(s.start, s.end) for s in file["annotation"].get_timeline().support()]
    assert np.allclose(regions(pipeline, file), expected, atol=0.03)


def test_padding_moves_both_ends(scored):
    pipeline, (file, _) = scored
    plain = np.array(regions(pipeline, file))
    padded = np.array(regions(pipeline, file, pad_onset=0.1, pad_offset=0.05))
    assert np.allclose(padded - plain, [-0.1, 0.05])
    shrunk = np.array(regions(pipeline, file, pad_onset=-0.1))
    assert np.allclose(shrunk - plain, [0.1, 0])


def test_regions_stay_within_the_file(scored):
    pipeline, (file, _) = scored
    scores = file[pipeline.CACHED_SEGMENTATION]
    file[pipeline.CACHED_SEGMENTATION] = SlidingWindowFeature(
        np.ones_like(scores.data), scores.sliding_window
    )
    assert regions(pipeline, file, pad_onset=0.2, pad_offset=0.2) == [(0.0, 8.0)]


def test_metric(built):
    model = built(STRFPyanNet(**TINY_ARCHITECTURE))
    by_default = SpeechActivityDetection(segmentation=model)
    assert isinstance(by_default.get_metric(), DetectionErrorRate)
    assert by_default.get_direction() == "minimize"
    on_request = SpeechActivityDetection(segmentation=model, fscore=True)
    assert isinstance(on_request.get_metric(), DetectionPrecisionRecallFMeasure)
    assert on_request.get_direction() == "maximize"


def test_tuning_by_hand(scored):
    pipeline, files = scored
    result = Optimizer(pipeline, seed=0).tune(files, n_iterations=60, show_progress=False)
    assert set(result["params"]) == set(pipeline.default_parameters())
    assert result["loss"] < 0.1


def test_tuning_by_pyannote_pipeline(tmp_path, corpus, protocol, built):
    """`pyannote-pipeline train` keeps this pipeline's own metric."""
    from pyannote_strf.tasks import SpeechActivityDetection as Task

    task = Task(protocol, batch_size=4, num_workers=0)
    model = STRFPyanNet(**TINY_CONFIG["architecture"]["params"], task=task)
    trainer = fit(model, max_steps=1, limit_val_batches=0)
    trainer.save_checkpoint(tmp_path / "model.ckpt")
    config = {
        "pipeline": {
            "name": "pyannote_strf.pipelines.SpeechActivityDetection",
            "params": {"segmentation": str(tmp_path / "model.ckpt"), "step": 1.0},
        },
        "preprocessors": {"audio": {"name": "pyannote.database.FileFinder"}},
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    command = Path(sysconfig.get_path("scripts")) / "pyannote-pipeline"
    subprocess.run(
        [
            *(command, "train", "--iterations=3", "--average-case", tmp_path, PROTOCOL),
            f"--registry={corpus / 'database.yml'}",
        ],
        check=True,
        capture_output=True,
    )
    params_yml = tmp_path / "train" / f"{PROTOCOL}.development" / "params.yml"
    content = yaml.safe_load(params_yml.read_text())

    tuned = Pipeline.from_pretrained(tmp_path / "config.yml", hparams_file=params_yml)
    metric = DetectionErrorRate()
    for file in protocol.development():
        metric(file["annotation"], tuned(file), uem=file["annotated"])
    assert content["loss"] == pytest.approx(abs(metric), abs=1e-6)
