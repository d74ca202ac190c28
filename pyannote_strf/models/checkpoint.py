"""Models out of checkpoints, without running what a checkpoint may hold beside weights."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("pyannote.audio"), dict):
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


def load_model(path: Path, trust: bool = False) -> Model:
    """Load a model of this package, or of upstream.

    `Model.from_pretrained` of pyannote.audio 4.0.7 unpickles whatever a checkpoint holds, and imports
    the module that it names. Here, both are checked first, on the very bytes that it is given.

    Parameters
    ----------
    path : Path
    trust : bool, optional
        Whether to skip these checks. Defaults to False.

    Raises
    ------
    ValueError
        If the file does not exist, is not a checkpoint of a model, or is not trusted.
    """
    content, checkpoint = read_checkpoint(path, trust)
    if not trust:
        check_names(path, checkpoint)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "\n?Model has been trained with a task-dependent loss"
            )
            model = Model.from_pretrained(io.BytesIO(content))
    except Exception as error:
        # options that make no sense raise nearly anything
        raise ValueError(f"{path}: its model cannot be built ({describe(error)})") from error
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
