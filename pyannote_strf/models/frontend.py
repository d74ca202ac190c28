"""Front-ends of models, by name and options."""

from __future__ import annotations

from typing import Any

from pyannote_strf.checks import check_mapping, check_type
from pyannote_strf.constructors import check_options
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.messages import describe
from pyannote_strf.plugins import load_plugin

GROUP = "pyannote_strf.frontends"
DEFAULT = "strf"


def frontend_options(frontend: str | dict | None) -> dict[str, Any]:
    """Return the name and all options of a front-end, defaults included.

    Checkpoints store the result, so that they do not depend on later changes of defaults.

    Parameters
    ----------
    frontend : str, dict or None
        Name of a front-end, or its `name` and options. The name defaults to "strf".

    Raises
    ------
    ValueError
        If the front-end does not exist, or options are not a mapping.

    Examples
    --------
    >>> options = frontend_options({"num_filters": 32, "spectrogram": {"num_bands": 80}})
    >>> options["name"], options["num_filters"], options["mode"]
    ('strf', 32, 'concat')
    >>> [options["spectrogram"][name] for name in ("num_bands", "gain_control", "kind")]
    [80, False, 'mel']
    >>> frontend_options("sincnet")
    {'name': 'sincnet', 'stride': 10}
    """
    given = {"name": frontend} if isinstance(frontend, str) else frontend
    given = {} if given is None else given
    check_mapping("frontend", given)
    name = given.get("name", DEFAULT)
    own = {key: value for key, value in given.items() if key != "name"}
    options = {"name": name, **_load(name).options(own)}
    # lists rather than tuples, as in YAML
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in options.items()
    }


def build_frontend(options: dict[str, Any], sample_rate: int) -> Frontend:
    """Build a front-end.

    Parameters
    ----------
    options : dict
        Its `name`, as registered in the entry points `pyannote_strf.frontends`, and its options.
    sample_rate : int
        In hertz.

    Raises
    ------
    ValueError
        If the front-end or an option does not exist, or a value is not valid.
    """
    name, own = options["name"], {key: options[key] for key in options if key != "name"}
    cls = _load(name)
    try:
        check_options(cls, own, elsewhere={"sample_rate": "is that of the model; leave it out"})
        return cls(sample_rate=sample_rate, **own)
    except Exception as error:
        # invalid values may raise any exception
        raise ValueError(f"front-end {name!r}: {describe(error)}") from error


def _load(name: str) -> type[Frontend]:
    check_type("frontend: name", name, str)
    return load_plugin(GROUP, name, GROUP, Frontend)
