"""Records of an experiment: `specs.yml` of training and `params.yml` of validation."""

from __future__ import annotations

from dataclasses import Field, asdict, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, PositiveFloat, PositiveInt, ValidationError
from pydantic.dataclasses import dataclass

from pyannote_strf.checks import check_type
from pyannote_strf.files import write_yaml
from pyannote_strf.messages import first_mistake
from pyannote_strf.yaml_reader import read_yaml

# without conversion of types, and without unknown fields
STRICT = ConfigDict(strict=True, extra="forbid")


class Record:
    """Base class of dataclasses that are stored in a YAML file.

    Attributes
    ----------
    application : str
        Name of the application that wrote the file.
    remedy : str
        What to do about a file that is missing or malformed, for error messages.
    """

    application: str
    remedy: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @classmethod
    def read(cls, path: Path, application: str | None = None) -> Self:
        """Read the file.

        Parameters
        ----------
        path : Path
        application : str, optional
            Name of the application that must have written the file. Defaults to any application.

        Returns
        -------
        record : Record

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
        """Write the file atomically."""
        write_yaml(path, asdict(self))


@dataclass(frozen=True, config=STRICT)
class Specs(Record):
    """Content of `specs.yml`: what was trained.

    Attributes
    ----------
    application : str
        Name of the application.
    task : str
        Class name of the task.
    architecture : str
        Dotted path of the class of the model.
    classes : list of str
        Names of classes.
    duration : float
        Duration of training chunks, in seconds.
    sample_rate : int
        Sample rate of the model, in hertz.
    config : dict
        Sections of `config.yml` that must not change before training resumes.
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
    """Content of `params.yml`: the best epoch and its tuned hyper-parameters.

    Attributes
    ----------
    application : str
        Name of the application.
    epoch : int
        Best epoch.
    metric : str
        Name of the metric.
    value : float
        Value of the metric at the best epoch with these hyper-parameters.
    params : dict of str to float
        Hyper-parameters of the pipeline.
    options : dict
        Options of `validate` that `apply` uses too.
    """

    remedy: ClassVar[str] = "run `validate` again"

    application: str
    epoch: PositiveInt
    metric: str
    value: float
    params: dict[str, float]
    options: dict[str, Any]
