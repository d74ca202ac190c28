import pytest
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications

from pyannote_strf import STRFCNN10, STRFTDNN, STRFPyanNet


@pytest.mark.parametrize("frontend", ["sample_cnn", "fcn5"])
@pytest.mark.parametrize("model", [STRFPyanNet, STRFTDNN])
def test_models_that_need_frames_refuse_front_ends_that_describe_chunks(model, frontend):
    message = f"^front-end '{frontend}' describes chunks, and {model.__name__} needs frames: choose"
    with pytest.raises(ValueError, match=message):
        model(frontend=frontend)


@pytest.mark.parametrize("frontend", ["sample_cnn", "fcn5"])
def test_models_of_clips_accept_front_ends_that_describe_chunks(frontend):
    assert STRFCNN10(frontend=frontend, width=1 / 8).frontend.resolution == "chunk"


@pytest.mark.parametrize("model", [STRFPyanNet, STRFTDNN, STRFCNN10])
def test_several_channels_are_refused(model):
    with pytest.raises(ValueError, match=r"^num_channels must be 1: models are mono, got 2"):
        model(num_channels=2)


def test_tasks_that_are_too_short_for_the_front_end_are_refused():
    model = STRFCNN10(frontend="sample_cnn", width=1 / 8)
    model.specifications = Specifications(
        Problem.MONO_LABEL_CLASSIFICATION, Resolution.CHUNK, duration=3.69, classes=["a", "b"]
    )
    message = "^a duration of 3.69 s is too short for front-end 'sample_cnn': at least 3.7 s are"
    with pytest.raises(NotImplementedError, match=message):
        model.build()
    model.specifications.duration = 3.7
    model.build()


def test_the_shortest_duration_of_a_task_is_checked():
    model = STRFTDNN(frontend={"name": "mel", "spectrogram": {"window": 1.0}})
    model.specifications = Specifications(
        Problem.REPRESENTATION, Resolution.CHUNK, 2.0, min_duration=0.3, classes=["a", "b"]
    )
    with pytest.raises(NotImplementedError, match=r"^a duration of 0.3 s is too short for front"):
        model.build()


@pytest.mark.parametrize(("model", "axis"), [(STRFPyanNet, -1), (STRFTDNN, 1)])
def test_sequence_models_read_the_spectrogram_that_the_front_end_keeps(model, axis):
    frontend = {"num_filters": 2, "kernel_size": [3, 5], "stride": [4, 2], "keep_spectrogram": True}
    built = model(frontend=frontend).eval()
    received = []
    first = built.backend.lstm if model is STRFPyanNet else built.backend.tdnns
    first.register_forward_pre_hook(lambda _, args: received.append(args[0]))
    waveforms = torch.randn(1, 1, 16000)
    with torch.no_grad():
        built.backend(built.frontend(waveforms))
        spectrogram = built.frontend.spectrogram(waveforms)[:, 0]
    # bands and frames within a stride of 4 x 2 come first
    bands_and_frames = received[0].narrow(axis, 64, 128).movedim(axis, 1)
    laid = bands_and_frames.unflatten(1, (4, 2, 16)).permute(0, 3, 1, 4, 2).flatten(3, 4)
    assert torch.equal(laid.flatten(1, 2)[..., : spectrogram.shape[-1]], spectrogram)
