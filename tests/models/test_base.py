import pytest

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
