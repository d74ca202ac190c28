import pytest

from pyannote_strf import STRFPyanNet
from pyannote_strf.applications.hyper_parameters import instantiate
from pyannote_strf.applications.load import build_pipeline
from pyannote_strf.applications.sad import SpeechActivityDetection
from pyannote_strf.applications.types import BadParams
from tests.conftest import TINY_ARCHITECTURE

PARAMS = {
    "onset": 0.6,
    "offset": 0.4,
    "min_duration_on": 0.1,
    "min_duration_off": 0.1,
    "pad_onset": -0.1,
    "pad_offset": 0.0,
}


@pytest.fixture
def tuned_pipeline(built):
    model = built(STRFPyanNet(**TINY_ARCHITECTURE))

    def tuned_pipeline(params, step=0.5):
        return instantiate(build_pipeline(SpeechActivityDetection(), model, {"step": step}), params)

    return tuned_pipeline


def test_hyper_parameters_within_their_ranges_are_set(tuned_pipeline):
    assert tuned_pipeline(PARAMS, 1).parameters(instantiated=True) == PARAMS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"onset": 1.5}, "onset must be a number from 0 to 1, got 1.5"),
        ({"min_duration_on": -1.0}, "min_duration_on must be a number from 0"),
        ({"pad_onset": 0.3}, "pad_onset must be a number from -0.2 to 0.2"),
        ({"onsets": 0.5}, "'onsets' does not exist, valid options: .*; did you mean 'onset'"),
    ],
)
def test_hyper_parameters_outside_their_ranges_raise_an_error(tuned_pipeline, changes, message):
    with pytest.raises(BadParams, match=message):
        tuned_pipeline({**PARAMS, **changes})


def test_a_missing_hyper_parameter_raises_an_error(tuned_pipeline):
    with pytest.raises(BadParams, match="hyper-parameter 'onset' is missing"):
        tuned_pipeline({name: PARAMS[name] for name in PARAMS if name != "onset"})


@pytest.mark.parametrize("step", [0, None, True, "0.5", 2.0])
def test_invalid_steps_raise_an_error(tuned_pipeline, step):
    with pytest.raises(BadParams, match=r"step must be a number from 0\.01 to 1, got"):
        tuned_pipeline(PARAMS, step)
