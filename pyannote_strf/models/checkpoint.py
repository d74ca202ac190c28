"""Models out of checkpoints, without running what a checkpoint may hold beside weights."""

from __future__ import annotations

import io
import math
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Real
from pathlib import Path
from typing import Any

import torch
from pyannote.audio import Model
from pyannote.audio.core.io import Audio as UpstreamAudio
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.utils.hf_hub import AssetFileName, download_from_hf_hub

from pyannote_strf.audio import mono_reader
from pyannote_strf.checks import describe
from pyannote_strf.plugins import OUTSIDE, REMEDY, known_packages, load_class, unknown_names

# all that a checkpoint of pyannote.audio holds beside tensors and plain Python
CLASSES = (Specifications, Problem, Resolution)

# in what torch says of a class or function that it does not read
FOREIGN = re.compile(r"GLOBAL (\S+)")

# in what torch says of weights of another shape
MISMATCH = re.compile(r"size mismatch for (\S+):")

# of losses with weights of their own, which models do without
LOSS = "loss_func."

REWRITE = "use a checkpoint as `train` wrote it"

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(?<!\.ckpt)(?<!\.bin)(?<!\.pt)")


@contextmanager
def safe_classes() -> Iterator[None]:
    """Let `torch.load(weights_only=True)` read checkpoints of pyannote.audio."""
    with torch.serialization.safe_globals(list(CLASSES)):
        yield


def read_checkpoint(path: Path, trust: bool = False) -> tuple[bytes, dict[str, Any]]:
    """Read a checkpoint of pyannote.audio, as bytes and as what they hold.

    Parameters
    ----------
    path : Path
    trust : bool, optional
        Whether to unpickle any class it holds, which may run code. Defaults to False.

    Raises
    ------
    ValueError
        If the file does not exist, is not a checkpoint of pyannote.audio, or is not trusted.
    """
    if not path.is_file():
        raise ValueError(f"{path}: no such checkpoint")
    content = path.read_bytes()
    try:
        with safe_classes():
            checkpoint = torch.load(io.BytesIO(content), "cpu", weights_only=not trust)
    except Exception as error:
        # reading something that is not a checkpoint raises nearly anything
        if foreign := FOREIGN.search(str(error)):
            raise ValueError(f"{path}: holds {foreign[1]}, which may run code; {REMEDY}") from error
        raise ValueError(
            f"{path}: not a checkpoint, or part of one ({describe(error).partition('. ')[0]})"
        ) from error
    sections = ("pyannote.audio", "state_dict")
    if not isinstance(checkpoint, dict) or not all(
        isinstance(checkpoint.get(section), dict) for section in sections
    ):
        raise ValueError(f"{path}: not a checkpoint of pyannote.audio")
    return content, checkpoint


def check_names(path: Path, checkpoint: Mapping[str, Any]) -> None:
    """Look where the names of a checkpoint lead, before anything is imported.

    Raises
    ------
    ValueError
        If its architecture is not a model, or lies outside pyannote.audio, torch and installed
        plug-ins; or if a dotted name in its hyper-parameters does.
    """
    architecture = checkpoint["pyannote.audio"].get("architecture")
    names = [architecture.get(key) for key in ("module", "class")] if architecture else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"{path}: does not say what its architecture is")
    for name in unknown_names(checkpoint.get(Model.CHECKPOINT_HYPER_PARAMS_KEY)):
        raise ValueError(f"{path}: its hyper-parameters name {name}, {OUTSIDE}; {REMEDY}")
    try:
        load_class(".".join(names), "", Model, known_packages())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def check_specifications(path: Path, checkpoint: Mapping[str, Any]) -> None:
    """
    Raises
    ------
    ValueError
        If a checkpoint does not say what its model was trained for, or by which version.
    """
    about = checkpoint["pyannote.audio"]
    versions = about.get("versions")
    if not isinstance(versions, dict) or not isinstance(versions.get("pyannote.audio"), str):
        raise ValueError(
            f"{path}: does not say which version of pyannote.audio wrote it; {REWRITE}"
        )
    found = about.get("specifications")
    for own in found if isinstance(found, tuple) else (found,):
        kinds = [getattr(own, name, None) for name in ("problem", "resolution")]
        duration = getattr(own, "duration", None)
        if (
            not isinstance(own, Specifications)
            or not all(map(isinstance, kinds, (Problem, Resolution)))
            or not isinstance(duration, Real)
            or not 0 < duration < math.inf
        ):
            raise ValueError(f"{path}: malformed specifications; {REWRITE}")


def check_weights(path: Path, model: Model, checkpoint: Mapping[str, Any]) -> None:
    """
    Raises
    ------
    ValueError
        If weights of a checkpoint are not those of its model, or NaN or infinite.
    """
    weights = {
        name: value for name, value in checkpoint["state_dict"].items() if not name.startswith(LOSS)
    }
    expected = model.state_dict()
    for problem, names in (
        ("lacks weights", expected.keys() - weights.keys()),
        ("holds unknown weights", weights.keys() - expected.keys()),
    ):
        if names:
            raise ValueError(f"{path}: {problem}, e.g. {min(names)}; {REWRITE}")
    for name, value in expected.items():
        kept = weights[name].dtype
        if (kept.is_floating_point, kept.is_complex) != (
            value.is_floating_point(),
            value.is_complex(),
        ):
            raise ValueError(f"{path}: {name} is of type {kept}; {REWRITE}")
        if not value.isfinite().all():
            raise ValueError(
                f"{path}: {name} holds NaN or infinite values, training diverged; use an earlier "
                "epoch, or train again with a lower learning rate"
            )


def load_model(path: Path, trust: bool = False) -> Model:
    """Load a model of this package, or of upstream.

    `Model.from_pretrained` of pyannote.audio 4.0.7 unpickles whatever a checkpoint holds, imports the
    module that it names, and leaves out what does not fit where a loss was trained too. Here, all of
    it is checked, on the very bytes that it is given.

    Parameters
    ----------
    path : Path
    trust : bool, optional
        Whether classes that it names or holds are imported, wherever they come from. Defaults to False.

    Raises
    ------
    ValueError
        If the file does not exist, is not a checkpoint of a model, or is not trusted; or if its weights
        do not fit the model, or are not finite.
    """
    content, checkpoint = read_checkpoint(path, trust)
    if not trust:
        check_names(path, checkpoint)
    check_specifications(path, checkpoint)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Found keys that are not in the model state dict")
            model = Model.from_pretrained(io.BytesIO(content), strict=False)
    except Exception as error:
        # options that make no sense raise nearly anything
        if mismatch := MISMATCH.search(str(error)):
            raise ValueError(
                f"{path}: {mismatch[1]} is of another shape than in its model; {REWRITE}"
            ) from error
        reason = textwrap.shorten(str(error) or type(error).__name__, 200)
        raise ValueError(f"{path}: its model cannot be built ({reason})") from error
    check_weights(path, model, checkpoint)
    model.audio = mono_reader(model.hparams.sample_rate)
    return model


def get_model(
    model: Model | str | Path | Mapping[str, Any],
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
) -> Model:
    """Give a model, in evaluation, for a pipeline.

    Parameters
    ----------
    model : Model, str, Path or mapping
        Model; path to a checkpoint, or to a folder that holds `pytorch_model.bin`; name of a model of
        the Hugging Face hub; or a mapping with one of these as `checkpoint`, and `subfolder`,
        `revision`, `token` or `cache_dir`.
    token, cache_dir : optional
        For the Hugging Face hub.

    Raises
    ------
    ValueError
        As :func:`load_model`. A checkpoint that you trust can be given as a model:
        `Model.from_pretrained(checkpoint)`.
    """
    if isinstance(model, Model):
        if type(model.audio) is UpstreamAudio:
            # upstream's reader needs FFmpeg
            model.audio = mono_reader(model.hparams.sample_rate)
        return model.eval()
    options = dict(model) if isinstance(model, Mapping) else {"checkpoint": model}
    path = Path(options.pop("checkpoint"))
    if path.is_dir():
        path = path / options.get("subfolder", "") / AssetFileName.Model.value
    elif HUB_NAME.fullmatch(path.as_posix()) and not path.exists():
        options = {"token": token, "cache_dir": cache_dir, **options}
        path = Path(download_from_hf_hub(path.as_posix(), AssetFileName.Model, **options))
    return load_model(path).eval()


def name_of_model(model: Model | str | Path | Mapping[str, Any]) -> str:
    """What messages call the model that :func:`get_model` is given.

    >>> name_of_model({"checkpoint": "weights/0020.ckpt"})
    'weights/0020.ckpt'
    """
    if isinstance(model, Model):
        return type(model).__name__
    return str(model["checkpoint"] if isinstance(model, Mapping) else model)
