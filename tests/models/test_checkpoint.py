"""Loading of checkpoints that `train` wrote, intact or changed."""

import re

import pytest
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications

from pyannote_strf.models.checkpoint import load_model


@pytest.fixture(scope="session", params=["sad", "emb"])
def written(trained_experiments, request):
    (path,) = trained_experiments[request.param].glob("train/*/weights/0001.ckpt")
    return path


@pytest.fixture
def changed(written, tmp_path):
    """Return a function that changes a copy of the checkpoint and returns its path."""

    def change(function):
        content = torch.load(written, weights_only=False)
        content = function(content) or content
        torch.save(content, tmp_path / "changed.ckpt")
        return tmp_path / "changed.ckpt"

    return change


def weights(function):
    """Return a change of weights, `function(state_dict, name of one weight of the front-end)`."""

    def change(content):
        state = content["state_dict"]
        function(state, min(name for name in state if "frontend" in name and state[name].ndim))

    return change


def section(**changes):
    return lambda content: content["pyannote.audio"].update(changes)


def specifications(**changes):
    return lambda content: vars(content["pyannote.audio"]["specifications"]).update(changes)


CHANGES = {
    "missing weight": (
        weights(lambda state, name: state.pop(name)),
        "lacks weights, e.g. frontend",
    ),
    "unknown weight": (
        weights(lambda state, name: state.update(other=torch.ones(1))),
        "holds unknown weights, e.g. other",
    ),
    "wrong shape": (
        weights(lambda state, name: state.update({name: torch.ones(7, 7, 7)})),
        "does not have the shape that its model expects",
    ),
    "complex": (
        weights(lambda state, name: state.update({name: state[name] + 1j})),
        "is of type torch.complex64",
    ),
    "integers": (
        weights(lambda state, name: state.update({name: state[name].long()})),
        "is of type torch.int64",
    ),
    "NaN": (
        weights(lambda state, name: state[name].fill_(torch.nan)),
        "holds NaN or infinite values, training diverged; use an earlier epoch",
    ),
    "beyond single precision": (
        weights(lambda state, name: state.update({name: state[name].double() + 1e300})),
        "holds NaN or infinite values, training diverged; use an earlier epoch",
    ),
    "no specifications": (section(specifications=None), "malformed specifications"),
    "unknown problem": (specifications(problem="speech"), "malformed specifications"),
    "no duration": (specifications(duration=0.0), "malformed specifications"),
    "duration that is not finite": (
        specifications(duration=float("inf")),
        "malformed specifications",
    ),
    "unsupported task": (
        section(
            specifications=Specifications(
                Problem.REGRESSION, Resolution.FRAME, duration=2.0, classes=["a"]
            )
        ),
        "its model cannot be built (",
    ),
    "no version": (section(versions={}), "the version of pyannote.audio that wrote it is missing"),
    "newer version": (
        section(versions={"pyannote.audio": "99.0"}),
        "its model cannot be built",
    ),
    "no architecture": (section(architecture=None), "the name of its architecture is missing"),
    "unknown architecture": (
        section(architecture={"module": "pyannote_strf.models", "class": "Nothing"}),
        "its architecture pyannote_strf.models.Nothing does not exist; install the packages",
    ),
    "no weights": (
        lambda content: content.pop("state_dict") and None,
        "not a checkpoint of pyannote.audio",
    ),
    "weights only": (
        lambda content: content["state_dict"],
        "not a checkpoint of pyannote.audio",
    ),
    "sample rate": (
        lambda content: content["hyper_parameters"].update(sample_rate=-16000),
        "its model cannot be built",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_invalid_checkpoints_are_refused(changed, change):
    function, message = CHANGES[change]
    path = changed(function)
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        load_model(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "Error" not in str(raised.value)
    assert len(str(raised.value).removeprefix(str(path))) < 300


def test_truncated_checkpoints_are_refused(written, tmp_path):
    path = tmp_path / "part.ckpt"
    for size in (0, 100, 3000):
        path.write_bytes(written.read_bytes()[:size])
        with pytest.raises(ValueError, match=r"part\.ckpt: not a checkpoint, or part of one"):
            load_model(path)


def test_half_precision_weights_are_loaded(changed, written):
    def half(content):
        for name, value in content["state_dict"].items():
            content["state_dict"][name] = value.half() if value.is_floating_point() else value

    expected = load_model(written).state_dict()
    for name, value in load_model(changed(half)).state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-4)
        assert value.dtype == expected[name].dtype
