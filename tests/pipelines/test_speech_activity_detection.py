import sys

import numpy as np
import optuna
import pytest
import torch
import yaml
from pyannote.audio import Pipeline
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.core import Segment, SlidingWindow, SlidingWindowFeature
from pyannote.metrics.detection import DetectionErrorRate, DetectionPrecisionRecallFMeasure
from pyannote.pipeline import Optimizer
from pyannote.pipeline.experiment import main

from pyannote_strf import STRFPyanNet
from pyannote_strf.pipelines import SpeechActivityDetection
from tests.conftest import PROTOCOL, SAMPLE_RATE, TINY_ARCHITECTURE, TINY_CONFIG, fit


@pytest.fixture
def pipeline(built):
    return SpeechActivityDetection(segmentation=built(STRFPyanNet(**TINY_ARCHITECTURE)))


@pytest.fixture
def scored(pipeline, protocol):
    """Return a pipeline in training mode, and files with smoothed annotation as scores."""
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


def test_default_parameters_find_annotated_speech(scored):
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


def recording(num_samples):
    return {"waveform": torch.randn(1, num_samples), "sample_rate": SAMPLE_RATE, "uri": "short"}


@pytest.mark.parametrize("num_samples", [1, 100, 300])
def test_a_file_of_one_frame_is_all_speech_or_none(pipeline, num_samples):
    pipeline.instantiate(pipeline.default_parameters())
    for bias, expected in ((9, [Segment(0, num_samples / SAMPLE_RATE)]), (-9, [])):
        pipeline._segmentation.model.classifier.bias.data.fill_(bias)
        speech, scores = pipeline.with_scores(recording(num_samples))
        assert list(speech.get_timeline()) == expected
        assert scores.data.shape == (1, 1)


def test_files_shorter_than_a_chunk_are_padded_with_silence(pipeline):
    pipeline.instantiate(pipeline.default_parameters())
    short = recording(SAMPLE_RATE // 2)
    chunk = torch.nn.functional.pad(short["waveform"], (0, 2 * SAMPLE_RATE - SAMPLE_RATE // 2))
    with torch.inference_mode():
        expected = pipeline._segmentation.model(chunk[None])[0]
    _, scores = pipeline.with_scores(short)
    assert len(scores.data) == 26
    np.testing.assert_allclose(scores.data, expected[:26], atol=1e-6)


SPEAKERS = Specifications(
    Problem.MONO_LABEL_CLASSIFICATION,
    Resolution.FRAME,
    duration=2.0,
    classes=["a", "b"],
    powerset_max_classes=1,
)


@pytest.mark.parametrize("of_speakers", [False, True])
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_scores_that_are_not_finite_are_refused(built, specifications, of_speakers, value):
    model = STRFPyanNet(**TINY_ARCHITECTURE)
    model.specifications = SPEAKERS if of_speakers else specifications
    model.setup()
    pipeline = SpeechActivityDetection(model)
    pipeline.instantiate(pipeline.default_parameters())
    assert pipeline(recording(SAMPLE_RATE)) is not None
    model.classifier.weight.data.fill_(value)
    with pytest.raises(ValueError, match=r"^short: its scores are not finite; check that"):
        pipeline(recording(SAMPLE_RATE))


@pytest.mark.parametrize(
    "specifications",
    [
        Specifications(Problem.REPRESENTATION, Resolution.CHUNK, duration=2.0, classes=["a"]),
        Specifications(Problem.BINARY_CLASSIFICATION, Resolution.CHUNK, 2.0, classes=["speech"]),
        Specifications(Problem.BINARY_CLASSIFICATION, Resolution.FRAME, 2.0, classes=["overlap"]),
        Specifications(Problem.MONO_LABEL_CLASSIFICATION, Resolution.FRAME, 2.0, classes=["a"]),
    ],
    ids=["embedding", "of chunks", "overlap", "one class of several"],
)
def test_models_that_do_not_detect_speech_are_refused(specifications):
    model = STRFPyanNet(**TINY_ARCHITECTURE)
    model.specifications = specifications
    with pytest.raises(ValueError, match="STRFPyanNet: not a model for speech activity detection"):
        SpeechActivityDetection(model)


def test_checkpoints_that_do_not_detect_speech_are_refused(trained_experiments):
    (checkpoint,) = trained_experiments["emb"].glob("train/*/weights/0001.ckpt")
    with pytest.raises(ValueError, match=r"0001\.ckpt: not a model for speech activity detection"):
        SpeechActivityDetection(str(checkpoint))


def test_from_pretrained_gives_the_same_pipeline(trained_experiments, tmp_path, corpus):
    (checkpoint,) = trained_experiments["sad"].glob("train/*/weights/0001.ckpt")
    (params,) = trained_experiments["sad"].glob("train/*/validate*/*/params.yml")
    tuned = yaml.safe_load(params.read_text())["params"]
    config = {
        "pipeline": {
            "name": "pyannote_strf.pipelines.SpeechActivityDetection",
            "params": {"segmentation": str(checkpoint)},
        },
        "params": tuned,
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    expected = SpeechActivityDetection(str(checkpoint)).instantiate(tuned)(corpus / "test0.wav")
    for given in (tmp_path, tmp_path / "config.yaml"):
        pipeline = Pipeline.from_pretrained(given)
        assert pipeline.parameters(instantiated=True) == tuned
        assert pipeline(corpus / "test0.wav") == expected


def test_tuning_keeps_offset_at_onset_or_below(pipeline):
    values = {**pipeline.default_parameters(), "onset": 0.3}
    for offset, kept in ((0.1, 0.1), (0.3, 0.3), (0.8, 0.3)):
        trial = optuna.trial.FixedTrial({**values, "offset": offset})
        assert pipeline.parameters(trial=trial) == {**values, "offset": kept}


def test_fscore_selects_metric_and_direction(built):
    model = built(STRFPyanNet(**TINY_ARCHITECTURE))
    by_default = SpeechActivityDetection(segmentation=model)
    assert isinstance(by_default.get_metric(), DetectionErrorRate)
    assert by_default.get_direction() == "minimize"
    on_request = SpeechActivityDetection(segmentation=model, fscore=True)
    assert isinstance(on_request.get_metric(), DetectionPrecisionRecallFMeasure)
    assert on_request.get_direction() == "maximize"


def test_optimizer_finds_low_errors(scored):
    pipeline, files = scored
    result = Optimizer(pipeline, seed=0).tune(files, n_iterations=60, show_progress=False)
    assert set(result["params"]) == set(pipeline.default_parameters())
    assert result["loss"] < 0.1


def test_pyannote_pipeline_tunes_detection_error_rate(tmp_path, corpus, protocol, monkeypatch):
    """`pyannote-pipeline train` uses the metric of the pipeline."""
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
    arguments = ["train", "--iterations=3", "--average-case", str(tmp_path), PROTOCOL]
    arguments.append(f"--registry={corpus / 'database.yml'}")
    monkeypatch.setattr(sys, "argv", ["pyannote-pipeline", *arguments])
    main()
    params_yml = tmp_path / "train" / f"{PROTOCOL}.development" / "params.yml"
    content = yaml.safe_load(params_yml.read_text())

    tuned = Pipeline.from_pretrained(tmp_path / "config.yml", hparams_file=params_yml)
    metric = DetectionErrorRate()
    for file in protocol.development():
        metric(file["annotation"], tuned(file), uem=file["annotated"])
    assert content["loss"] == pytest.approx(abs(metric), abs=1e-6)
