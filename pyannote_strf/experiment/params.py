"""The `params.yml` that `validate` writes."""

from __future__ import annotations

import yaml

from pyannote_strf.experiment.layout import ValidateDir


def load_params(validate_dir: ValidateDir, *numbers: str) -> tuple:
    """Best epoch, hyper-parameters, and numbers of those names.

    Raises
    ------
    ValueError
        If the file is malformed.
    """
    try:
        content = yaml.safe_load(validate_dir.params.read_text(encoding="utf-8"))
        parameters = {name: float(value) for name, value in content["params"].items()}
        found = [float(content[name]) for name in numbers]
        return int(content["epoch"]), parameters, *found
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(
            f"{validate_dir.params}: malformed; run `validate` again to write it anew"
        ) from None
