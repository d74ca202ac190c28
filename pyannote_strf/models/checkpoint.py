"""Loading of models from checkpoints, without running code that checkpoints may hold."""

from __future__ import annotations

import io
import math
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from pyannote.audio import Model
from pyannote.audio.core.io import Audio as UpstreamAudio
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.utils.hf_hub import AssetFileName, download_from_hf_hub

from pyannote_strf.audio import mono_reader
from pyannote_strf.files import atomic_write
from pyannote_strf.messages import describe
from pyannote_strf.models.clip_windows import ClipSpecifications
from pyannote_strf.plugins import (
    OUTSIDE,
    REMEDY,
    UnknownName,
    known_packages,
    load_class,
    unknown_names,
)

# classes that checkpoints hold besides tensors and plain Python objects
SAFE_CLASSES = (Specifications, ClipSpecifications, Problem, Resolution)

# messages of torch
UNSAFE_CLASS_MESSAGE = re.compile(r"GLOBAL (\S+)")
SHAPE_MESSAGE = re.compile(r"size mismatch for (\S+):")

# sections of a checkpoint that describe its model
MODEL_SECTIONS = (
    "pyannote.audio",
    "state_dict",
    "pytorch-lightning_version",
    Model.CHECKPOINT_HYPER_PARAMS_KEY,
    Model.CHECKPOINT_HYPER_PARAMS_NAME,
    Model.CHECKPOINT_HYPER_PARAMS_TYPE,
)

# prefix of the weights of losses, which models do not need
LOSS_PREFIX = "loss_func."

REWRITE = "use a checkpoint as `train` wrote it"

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(?<!\.ckpt)(?<!\.bin)(?<!\.pt)")


@contextmanager
def safe_classes() -> Iterator[None]:
    """Context manager that lets `torch.load(weights_only=True)` read pyannote.audio checkpoints."""
    with torch.serialization.safe_globals(list(SAFE_CLASSES)):
        yield


def read_checkpoint(path: Path, trust: bool = False) -> tuple[bytes, dict[str, Any]]:
    """Read a checkpoint of pyannote.audio.

    Parameters
    ----------
    path : Path
    trust : bool, optional
        Whether to unpickle any class, which may run code. Defaults to False.

    Returns
    -------
    content : bytes
        Content of the file.
    checkpoint : dict
        The same, unpickled.

    Raises
    ------
    ValueError
        If the file does not exist or is not a checkpoint of pyannote.audio; or, without `trust`, if
        it holds other classes than those of checkpoints of pyannote.audio.
    """
    if not path.is_file():
        raise ValueError(f"{path}: no such checkpoint")
    content = path.read_bytes()
    try:
        with safe_classes():
            checkpoint = torch.load(io.BytesIO(content), "cpu", weights_only=not trust)
    except Exception as error:
        # reading another kind of file may raise any exception
        if unsafe := UNSAFE_CLASS_MESSAGE.search(str(error)):
            raise ValueError(f"{path}: holds {unsafe[1]}, which may run code; {REMEDY}") from error
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
    """Check the names of classes in a checkpoint before they are imported.

    Raises
    ------
    ValueError
        If the architecture is not a model, or if the architecture or a dotted name in the
        hyper-parameters is outside pyannote.audio, torch and installed plug-ins.
    """
    architecture = checkpoint["pyannote.audio"].get("architecture")
    known = isinstance(architecture, dict)
    names = [architecture.get(key) for key in ("module", "class")] if known else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"{path}: the name of its architecture is missing")
    for name in unknown_names(checkpoint.get(Model.CHECKPOINT_HYPER_PARAMS_KEY)):
        raise ValueError(f"{path}: its hyper-parameters name {name}, {OUTSIDE}; {REMEDY}")
    name = ".".join(names)
    try:
        load_class(name, "", Model, known_packages())
    except UnknownName:
        raise ValueError(
            f"{path}: its architecture {name} does not exist; install the packages that it "
            "was trained with, in the same versions"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def check_specifications(path: Path, checkpoint: Mapping[str, Any]) -> None:
    """Check the specifications and the version of pyannote.audio in a checkpoint.

    Raises
    ------
    ValueError
        If either is missing or malformed.
    """
    about = checkpoint["pyannote.audio"]
    versions = about.get("versions")
    if not isinstance(versions, dict) or not isinstance(versions.get("pyannote.audio"), str):
        raise ValueError(
            f"{path}: the version of pyannote.audio that wrote it is missing; {REWRITE}"
        )
    found = about.get("specifications")
    for specifications in found if isinstance(found, tuple) else (found,):
        kinds = [getattr(specifications, name, None) for name in ("problem", "resolution")]
        duration = getattr(specifications, "duration", None)
        if (
            not isinstance(specifications, Specifications)
            or not all(map(isinstance, kinds, (Problem, Resolution)))
            or not isinstance(duration, int | float)
            or not 0 < duration < math.inf
        ):
            raise ValueError(f"{path}: malformed specifications; {REWRITE}")


def check_weights(path: Path, model: Model, checkpoint: Mapping[str, Any]) -> None:
    """Check the weights of a checkpoint against its model.

    Parameters
    ----------
    path : Path
    model : Model
        Model that the weights were loaded into.
    checkpoint : mapping

    Raises
    ------
    ValueError
        If the names or types of weights differ, or a weight is NaN or infinite.
    """
    weights = {
        name: value
        for name, value in checkpoint["state_dict"].items()
        if not name.startswith(LOSS_PREFIX)
    }
    expected = model.state_dict()
    for problem, names in (
        ("lacks weights", expected.keys() - weights.keys()),
        ("holds unknown weights", weights.keys() - expected.keys()),
    ):
        if names:
            raise ValueError(f"{path}: {problem}, e.g. {min(names)}; {REWRITE}")
    for name, value in expected.items():
        dtype = weights[name].dtype
        if (dtype.is_floating_point, dtype.is_complex) != (
            value.is_floating_point(),
            value.is_complex(),
        ):
            raise ValueError(f"{path}: {name} is of type {dtype}; {REWRITE}")
        if not value.isfinite().all():
            raise ValueError(
                f"{path}: {name} holds NaN or infinite values, training diverged; use an earlier "
                "epoch, or train again with a lower learning rate"
            )


def load_model(path: str | Path, trust: bool = False) -> Model:
    """Load a model of this package or of pyannote.audio.

    `Model.from_pretrained` of pyannote.audio 4.0.7 unpickles any class, imports any module that the
    checkpoint names, and skips weights that do not fit if the checkpoint has weights of a loss.
    This function checks all of that first, and loads the bytes that it checked.

    Parameters
    ----------
    path : str or Path
    trust : bool, optional
        Whether to import classes from any package, which may run code. Defaults to False.

    Returns
    -------
    model : Model
        On the CPU.

    Raises
    ------
    ValueError
        If the file does not exist or is not a checkpoint of a model; if it names or holds classes
        that are not trusted; or if its weights do not fit the model or are not finite.
    """
    path = Path(path)
    content, checkpoint = read_checkpoint(path, trust)
    if not trust:
        check_names(path, checkpoint)
    check_specifications(path, checkpoint)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Found keys that are not in the model state dict")
            model = cast(Model, Model.from_pretrained(io.BytesIO(content), strict=False))
    except Exception as error:
        # invalid options may raise any exception
        if mismatch := SHAPE_MESSAGE.search(str(error)):
            raise ValueError(
                f"{path}: {mismatch[1]} does not have the shape that its model expects; {REWRITE}"
            ) from error
        reason = textwrap.shorten(str(error) or type(error).__name__, 200)
        raise ValueError(f"{path}: its model cannot be built ({reason})") from error
    check_weights(path, model, checkpoint)
    model.audio = mono_reader(model.hparams["sample_rate"])
    return model


def copy_model(checkpoint: Path, target: Path, trust: bool = False) -> None:
    """Copy the model of a checkpoint, without the state of its training.

    Parameters
    ----------
    checkpoint : Path
    target : Path
        File to write or replace.
    trust : bool, optional
        See :func:`read_checkpoint`.
    """
    content = read_checkpoint(checkpoint, trust)[1]
    kept = {name: content[name] for name in MODEL_SECTIONS if name in content}
    with atomic_write(target) as temporary:
        torch.save(kept, temporary)


def get_model(
    model: Model | str | Path | Mapping[str, Any],
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
) -> Model:
    """Return the model of a pipeline, in evaluation mode.

    Parameters
    ----------
    model : Model, str, Path or mapping
        Model; path to a checkpoint, or to a folder that holds `pytorch_model.bin`; name of a model
        of the Hugging Face hub; or a mapping with one of these as `checkpoint`, and optionally
        `subfolder`, `revision`, `token` or `cache_dir`.
    token : str or bool, optional
        Token for the Hugging Face hub.
    cache_dir : str or Path, optional
        Folder for downloads from the Hugging Face hub.

    Raises
    ------
    ValueError
        If the model cannot be downloaded, or as in :func:`load_model`. To use a checkpoint that you
        trust, pass `Model.from_pretrained(checkpoint)`.
    """
    if isinstance(model, Model):
        if type(model.audio) is UpstreamAudio:
            # upstream's reader needs FFmpeg
            model.audio = mono_reader(model.hparams["sample_rate"])
        return model.eval()
    options = dict(model) if isinstance(model, Mapping) else {"checkpoint": model}
    path = Path(options.pop("checkpoint"))
    if path.is_dir():
        path = path / options.get("subfolder", "") / AssetFileName.Model.value
    elif HUB_NAME.fullmatch(path.as_posix()) and not path.exists():
        options = {"token": token, "cache_dir": cache_dir, **options}
        downloaded = download_from_hf_hub(path.as_posix(), AssetFileName.Model, **options)
        if downloaded is None:
            raise ValueError(f"{path.as_posix()}: cannot be downloaded from the Hugging Face hub")
        path = Path(downloaded)
    return load_model(path).eval()


def name_of_model(model: Model | str | Path | Mapping[str, Any]) -> str:
    """Return the name for messages of a model, as passed to :func:`get_model`.

    >>> name_of_model({"checkpoint": "weights/0020.ckpt"})
    'weights/0020.ckpt'
    """
    if isinstance(model, Model):
        return type(model).__name__
    return str(model["checkpoint"] if isinstance(model, Mapping) else model)
