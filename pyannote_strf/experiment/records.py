"""What an experiment writes down about itself: `specs.yml` and `params.yml`."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, PositiveFloat, PositiveInt, ValidationError
from pydantic.dataclasses import dataclass

from pyannote_strf.checks import check_type, first_mistake
from pyannote_strf.files import write_yaml
from pyannote_strf.yaml_reader import read_yaml

# true is no number, "2" is not 2, and every name is known
STRICT = ConfigDict(strict=True, extra="forbid")


class Record:
    """A dataclass with a YAML file of its own."""

    application: str
    remedy: ClassVar[str]

    @classmethod
    def read(cls, path: Path, application: str | None = None) -> Self:
        """Read the file.

        Parameters
        ----------
        path : Path
        application : str, optional
            Name of the application that must have written it. Defaults to any.

        Raises
        ------
        ValueError
            If the file does not exist, is malformed, or was written by another application.
        """
        try:
            content = read_yaml(path)
        except FileNotFoundError:
            raise ValueError(f"{path}: does not exist; {cls.remedy}") from None
        except ValueError as error:
            raise ValueError(f"{error}; {cls.remedy}") from None
        try:
            check_type("its content", content, dict[str, Any])
            record = cls(**content)
        except ValidationError as error:
            known = [field.name for field in fields(cls)]
            mistake = first_mistake(error, known)
            raise ValueError(f"{path}: malformed, {mistake}; {cls.remedy}") from None
        except ValueError as error:
            raise ValueError(f"{path}: malformed, {error}; {cls.remedy}") from None
        if application not in (None, record.application):
            raise ValueError(
                f"{path}: written by `{record.application}`, not by `{application}`; use "
                f"`pyannote-strf {record.application}`"
            )
        return record

    def write(self, path: Path) -> None:
        """Write the file whole or not at all."""
        write_yaml(path, asdict(self))


@dataclass(frozen=True, config=STRICT)
class Specs(Record):
    """What was trained, as `specs.yml` keeps it.

    Attributes
    ----------
    application : str
        Name of the application that trained it.
    task, architecture : str
        Class of the task, and dotted path of that of the model.
    classes : list of str
    duration : float
        Of training chunks, in seconds.
    sample_rate : int
        In hertz.
    config : dict
        Sections of `config.yml` that resuming must find unchanged.
    """

    remedy: ClassVar[str] = "train in another directory"

    application: str
    task: str
    architecture: str
    classes: list[str]
    duration: PositiveFloat
    sample_rate: PositiveInt
    config: dict[str, Any]


@dataclass(frozen=True, config=STRICT)
class Params(Record):
    """The best epoch, and hyper-parameters tuned on it, as `params.yml` keeps them.

    Attributes
    ----------
    application : str
        Name of the application that validated it.
    epoch : int
    metric : str
    value : float
        Of the metric, at the best epoch with these hyper-parameters.
    params : dict of str to float
        Hyper-parameters of the pipeline.
    options : dict
        Options of `validate` that `apply` goes by.
    """

    remedy: ClassVar[str] = "run `validate` again to write it anew"

    application: str
    epoch: PositiveInt
    metric: str
    value: float
    params: dict[str, float]
    options: dict[str, Any]
