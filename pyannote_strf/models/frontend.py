"""Choosing the front-end of a model."""

from __future__ import annotations

from pyannote.audio.utils.params import merge_dict
from torch import nn

from pyannote_strf.plugins import load_plugin

GROUP = "pyannote_strf.frontends"


def frontend_options(frontend: str | dict | None, defaults: dict) -> dict:
    """`name` and options of a front-end, completed by those of a model.

    Options of the front-end that a model has by default are for that one alone; those of its
    spectrogram hold one by one.

    >>> defaults = {"name": "strf", "spectrogram": {"gain_control": True}}
    >>> frontend_options("mel", defaults)
    {'name': 'mel'}
    >>> frontend_options({"spectrogram": {"num_bands": 80}}, defaults)
    {'name': 'strf', 'spectrogram': {'gain_control': True, 'num_bands': 80}}
    """
    own = {"name": frontend} if isinstance(frontend, str) else frontend or {}
    if own.get("name", defaults["name"]) != defaults["name"]:
        return dict(own)
    options = merge_dict(defaults, own)
    if "spectrogram" in defaults:
        options["spectrogram"] = merge_dict(defaults["spectrogram"], own.get("spectrogram"))
    return options


def build_frontend(options: dict, sample_rate: int) -> nn.Module:
    """Build a front-end.

    Parameters
    ----------
    options : dict
        Its `name`, as registered in entry points `pyannote_strf.frontends`, and its own options.
    sample_rate : int

    Raises
    ------
    ValueError
        If there is none of that name, or an option does not suit it.
    """
    name, own = options["name"], {key: options[key] for key in options if key != "name"}
    Frontend = load_plugin(GROUP, name, GROUP)
    try:
        return Frontend(sample_rate=sample_rate, **own)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(f"front-end {name!r}: {error}") from error
