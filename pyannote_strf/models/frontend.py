"""Choosing the front-end of a model."""

from __future__ import annotations

import inspect

from torch import nn

from pyannote_strf.checks import check_mapping, check_options, describe
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.plugins import load_plugin

GROUP = "pyannote_strf.frontends"
DEFAULT = "strf"


def frontend_options(frontend: str | dict | None, defaults: dict[str, dict]) -> dict:
    """`name` and all options of a front-end: its own, then those of a model, then its defaults.

    Those of its spectrogram hold one by one. Checkpoints keep what this returns, and so mean the same
    when defaults change.

    Parameters
    ----------
    frontend : str, dict or None
        Name, or `name` and options. The name defaults to "strf".
    defaults : dict
        By name of a front-end, options that a model gives it.

    Raises
    ------
    ValueError
        If there is no such front-end, or options are no mapping.

    >>> defaults = {"strf": {"spectrogram": {"gain_control": True}}}
    >>> options = frontend_options({"num_filters": 32, "spectrogram": {"num_bands": 80}}, defaults)
    >>> options["name"], options["num_filters"], options["mode"]
    ('strf', 32, 'concat')
    >>> [options["spectrogram"][name] for name in ("num_bands", "gain_control", "kind")]
    [80, True, 'mel']
    >>> frontend_options("sincnet", defaults)
    {'name': 'sincnet', 'stride': 10}
    """
    own = {"name": frontend} if isinstance(frontend, str) else frontend or {}
    check_mapping("frontend", own)
    name = own.get("name", DEFAULT)
    of_model = defaults.get(name, {})
    Frontend = load_plugin(GROUP, name, GROUP, nn.Module)
    options = {"name": name, **_defaults(Frontend), **of_model, **own}
    if "spectrogram" in options:
        spectrogram = own.get("spectrogram") or {}
        check_mapping("spectrogram", spectrogram)
        options["spectrogram"] = {
            **_defaults(Spectrogram),
            **of_model.get("spectrogram", {}),
            **spectrogram,
        }
    # as config.yml says them: a pair is a list in YAML
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in options.items()
    }


def _defaults(constructor: type) -> dict:
    """Defaults of all options but the sample rate, which is the model's."""
    parameters = inspect.signature(constructor).parameters
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty and name != "sample_rate"
    }


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
    Frontend = load_plugin(GROUP, name, GROUP, nn.Module)
    try:
        check_options(Frontend, own)
        return Frontend(sample_rate=sample_rate, **own)
    except Exception as error:
        # values that make no sense raise nearly anything
        raise ValueError(f"front-end {name!r}: {describe(error)}") from error
