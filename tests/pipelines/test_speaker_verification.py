import sys

import numpy as np
import pytest
import soundfile
import torch
import yaml
from pyannote.audio import Inference, Pipeline
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.core import Segment, Timeline
from pyannote.pipeline import Optimizer
from pyannote.pipeline.experiment import main
from scipy.spatial.distance import cosine

from pyannote_strf import STRFTDNN
from pyannote_strf.pipelines import SpeakerVerification
from pyannote_strf.tasks import SpeakerEmbedding
from tests.conftest import SAMPLE_RATE, TINY_FRONTEND, VOICES, fit

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.fixture
def model():
    model = STRFTDNN(frontend=TINY_FRONTEND, dimension=16)
    model.specifications = Specifications(
        problem=Problem.REPRESENTATION,
        resolution=Resolution.CHUNK,
        duration=2.0,
        classes=["a", "b"],
    )
    return model.eval()


@pytest.fixture
def pipeline(model):
    return SpeakerVerification(model).instantiate({"threshold": 0.5})


def test_score_is_the_cosine_similarity_of_embeddings_of_whole_files(pipeline, model, verification):
    whole = Inference(model, window="whole")
    for trial in list(verification.development_trial())[::5]:
        left, right = (whole(trial[side]) for side in ("file1", "file2"))
        assert pipeline(trial).score == pytest.approx(1 - cosine(left, right), abs=1e-5)


def test_score_at_or_above_the_threshold_means_same_speaker(model, verification):
    trial = next(verification.development_trial())
    pipeline = SpeakerVerification(model)
    score = pipeline.instantiate({"threshold": 0.0})(trial).score
    for threshold, same in ((score - 0.01, True), (score + 0.01, False)):
        output = pipeline.instantiate({"threshold": threshold})(trial)
        assert output.same == same
        assert pipeline.loss({"reference": 1}, output) == (not same)
        assert pipeline.loss({"reference": 0}, output) == same


def test_each_file_is_embedded_once(pipeline, model, verification):
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    for _ in range(2):
        scores = [pipeline(trial).score for trial in verification.development_trial()]
        # 9 recordings in 36 trials
        assert (len(calls), len(scores)) == (9, 36)


def test_a_changed_file_is_embedded_again(pipeline, tmp_path):
    upload, other = tmp_path / "upload.wav", tmp_path / "other.wav"
    for path in (upload, other):
        soundfile.write(path, np.random.randn(SAMPLE_RATE) / 9, SAMPLE_RATE)
    before = pipeline({"file1": upload, "file2": other}).score
    upload.write_bytes(other.read_bytes())
    assert before < 0.99999
    assert pipeline({"file1": upload, "file2": other}).score == pytest.approx(1)


def test_waveforms_of_the_same_name_are_embedded_separately(pipeline):
    files = [
        {"waveform": torch.randn(1, SAMPLE_RATE), "sample_rate": SAMPLE_RATE, "uri": "same"}
        for _ in range(2)
    ]
    assert not np.allclose(*(pipeline.embed(file) for file in files))


def test_only_the_part_to_compare_is_embedded(pipeline, tmp_path):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * SAMPLE_RATE)
    samples[SAMPLE_RATE : 2 * SAMPLE_RATE] = 0
    soundfile.write(tmp_path / "all.wav", samples, SAMPLE_RATE)
    kept = np.delete(samples, np.s_[SAMPLE_RATE : 2 * SAMPLE_RATE])
    soundfile.write(tmp_path / "part.wav", kept, SAMPLE_RATE)
    part = Timeline([Segment(0, 1), Segment(2, 3)])
    of_part = pipeline.embed({"audio": tmp_path / "all.wav", "try_with": part})
    assert np.allclose(of_part, pipeline.embed(tmp_path / "part.wav"), atol=1e-5)
    assert not np.allclose(of_part, pipeline.embed(tmp_path / "all.wav"), atol=1e-5)


def test_files_that_are_too_short_are_refused(pipeline, tmp_path):
    soundfile.write(tmp_path / "blip.wav", np.ones(100), SAMPLE_RATE)
    with pytest.raises(ValueError, match=r"blip\.wav: 0\.006 s of audio are too short"):
        pipeline.embed(tmp_path / "blip.wav")


def test_channels_are_embedded_separately(pipeline, tmp_path):
    path = tmp_path / "stereo.wav"
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (SAMPLE_RATE, 2))
    soundfile.write(path, samples, SAMPLE_RATE)
    soundfile.write(tmp_path / "right.wav", samples[:, 1], SAMPLE_RATE)
    left, right = (pipeline.embed({"audio": path, "channel": channel}) for channel in (0, 1))
    assert not np.allclose(left, right)
    assert np.allclose(right, pipeline.embed(tmp_path / "right.wav"), atol=1e-5)


@pytest.mark.parametrize("part", [[], [Segment(50, 52)]])
def test_empty_parts_and_parts_outside_the_file_are_refused(pipeline, voices, part):
    file = {"audio": voices / "test115-0.wav", "try_with": Timeline(part)}
    with pytest.raises(ValueError, match=r"test115-0\.wav: `try_with` is empty or outside"):
        pipeline.embed(file)


def test_embeddings_that_are_not_finite_are_refused(pipeline, model, voices):
    model.embedding.bias.data[0] = torch.nan
    with pytest.raises(ValueError, match=r"test115-0\.wav: its embedding is not finite; check"):
        pipeline.embed(voices / "test115-0.wav")


def test_models_that_do_not_embed_are_refused(trained_experiments, model):
    (checkpoint,) = trained_experiments["sad"].glob("train/*/weights/0001.ckpt")
    with pytest.raises(ValueError, match=r"0001\.ckpt: not a model for speaker verification"):
        SpeakerVerification(str(checkpoint))
    model.specifications = (model.specifications, model.specifications)
    with pytest.raises(ValueError, match="STRFTDNN: not a model for speaker verification"):
        SpeakerVerification(model)


def test_from_pretrained_gives_the_same_pipeline(trained_experiments, tmp_path, voices):
    (checkpoint,) = trained_experiments["emb"].glob("train/*/weights/0001.ckpt")
    config = {
        "pipeline": {
            "name": "pyannote_strf.pipelines.SpeakerVerification",
            "params": {"embedding": str(checkpoint)},
        },
        "params": {"threshold": 0.25},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    trial = {"file1": voices / "test115-0.wav", "file2": voices / "test135-0.wav"}
    expected = SpeakerVerification(str(checkpoint)).instantiate({"threshold": 0.25})(trial)
    for given in (tmp_path, tmp_path / "config.yaml"):
        pipeline = Pipeline.from_pretrained(given)
        assert pipeline.threshold == 0.25
        assert pipeline(trial) == expected


def test_silence_matches_itself(pipeline):
    file = {"waveform": torch.zeros(1, SAMPLE_RATE), "sample_rate": SAMPLE_RATE, "uri": "x"}
    assert pipeline({"file1": file, "file2": file}).score == pytest.approx(1.0)


def test_optimizer_finds_the_best_threshold(pipeline, verification, monkeypatch):
    rng = np.random.default_rng(0)
    voice = {str(hertz): rng.standard_normal(8) for hertz in (105, 145, 172)}
    vectors = {
        file["uri"]: voice[file["uri"][11:14]] + 0.5 * rng.standard_normal(8)
        for file in verification.development()
    }
    monkeypatch.setattr(pipeline, "_cached", lambda file: vectors[file["uri"]])
    trials = list(verification.development_trial())
    scores = np.array([pipeline(trial).score for trial in trials])
    reference = np.array([trial["reference"] for trial in trials])
    candidates = [np.mean((scores >= threshold) != reference) for threshold in [*scores, 2.0]]
    result = Optimizer(pipeline, seed=0, average_case=True).tune(
        trials, n_iterations=60, show_progress=False
    )
    assert result["loss"] == pytest.approx(min(candidates), abs=0.03)


def test_pyannote_pipeline_minimizes_wrong_decisions(tmp_path, voices, verification, monkeypatch):
    model = STRFTDNN(
        frontend=TINY_FRONTEND,
        dimension=16,
        task=SpeakerEmbedding(verification, num_classes_per_batch=4, num_workers=0),
    )
    trainer = fit(model, max_steps=1, limit_val_batches=0)
    trainer.save_checkpoint(tmp_path / "model.ckpt")
    config = {
        "pipeline": {
            "name": "pyannote_strf.pipelines.SpeakerVerification",
            "params": {"embedding": str(tmp_path / "model.ckpt")},
        },
        "preprocessors": {"audio": {"name": "pyannote.database.FileFinder"}},
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    arguments = ["train", "--subset=development_trial", "--iterations=3", "--average-case"]
    arguments += [str(tmp_path), VOICES, f"--registry={voices / 'database.yml'}"]
    monkeypatch.setattr(sys, "argv", ["pyannote-pipeline", *arguments])
    main()
    params = yaml.safe_load(
        (tmp_path / "train" / f"{VOICES}.development_trial" / "params.yml").read_text()
    )
    tuned = SpeakerVerification(str(tmp_path / "model.ckpt")).instantiate(params["params"])
    trials = list(verification.development_trial())
    wrong = [tuned.loss(trial, tuned(trial)) for trial in trials]
    assert params["loss"] == pytest.approx(np.mean(wrong), abs=1e-6)
