"""Reading of the `config.yml` of an experiment.

The sections are those of pyannote.audio 1.1. They define objects of pyannote.audio 4.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Any

from lightning.pytorch import Callback
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Task
from pyannote.database import Protocol, ProtocolFile
from pydantic import BaseModel, Field, StringConstraints, ValidationError, field_validator
from torch import nn

from pyannote_strf.audio import mono_reader
from pyannote_strf.checks import check_size
from pyannote_strf.constructors import check_options
from pyannote_strf.database.audio_finder import AudioFinder
from pyannote_strf.experiment.augmentation import AddNoise
from pyannote_strf.experiment.legacy_config import (
    LEGACY_ARCHITECTURES,
    convert_architecture,
    convert_task,
)
from pyannote_strf.experiment.optimisation import Optimisation
from pyannote_strf.messages import describe, first_mistake
from pyannote_strf.models.memory import limited_memory
from pyannote_strf.plugins import (
    OUTSIDE,
    REMEDY,
    known_packages,
    load_class,
    load_plugin,
    unknown_names,
)
from pyannote_strf.yaml_reader import read_yaml

# packages of preprocessors, which are created whenever an experiment is read
PREPROCESSORS = ("pyannote.audio.utils.preprocessors", "pyannote.database")

# largest sample rate, in hertz
MAX_SAMPLE_RATE = 192_000

# reason of upstream tasks to refuse a protocol of clips
NO_SCOPE = "Protocol must provide 'scope' information"

# parameters that are not valid options, by section, with the explanation for the message
ELSEWHERE = {
    "task": {
        "augmentation": "belongs in section 'data_augmentation'",
        "cache": "is chosen by `train`; leave it out",
        "metric": "cannot be given in a file; leave it out",
    },
    "architecture": {
        "sample_rate": "belongs in section 'feature_extraction'",
        "task": "belongs in section 'task'",
        "num_channels": "is not supported, since models are mono; leave it out",
    },
}


class Section(BaseModel, extra="forbid"):
    """Name and options of an object."""

    name: Annotated[str, StringConstraints(max_length=200)]
    params: dict[str, Any] = {}

    @field_validator("params", mode="before")
    @classmethod
    def _empty_if_none(cls, value: Any) -> Any:
        return {} if value is None else value


class TaskNumbers(BaseModel, extra="allow", strict=True):
    """Valid ranges of options of every task."""

    batch_size: Annotated[int, Field(ge=1, le=65536)] | None = None
    num_workers: Annotated[int, Field(ge=0, le=1024)] | None = None
    per_epoch: Annotated[float, Field(gt=0, le=3650)] | None = None


class Sections(BaseModel, extra="forbid"):
    """All sections of a `config.yml`."""

    task: Section
    architecture: Section
    data_augmentation: Section | None = None
    feature_extraction: Section = Section(name="RawAudio")
    optimizer: Section = Section(name="SGD", params={"momentum": 0.9})
    scheduler: Section = Section(name="ConstantScheduler", params={"learning_rate": 0.01})
    preprocessors: dict[str, Any] = {}
    callbacks: list[Section] = []


def _check_template(template: str) -> None:
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        parts = [("", "", "", None)]
    for _, name, form, conversion in parts:
        if name is not None and (not name.isidentifier() or form or conversion):
            raise ValueError(
                f"{reprlib.repr(template)}: expected placeholders of names alone, such as {{uri}}"
            )


def _fill(template: str, file: ProtocolFile) -> str:
    """Fill the placeholders of a template with values of a file."""
    try:
        return template.format_map(file)
    except KeyError as error:
        raise ValueError(
            f"config.yml, section 'preprocessors': {template} has unknown placeholder {error}"
        ) from None


class RawAudio:
    """Options of section `feature_extraction`. Models read waveforms, so it has no others.

    Parameters
    ----------
    sample_rate : int, optional
        Sample rate of the model, in hertz. Defaults to 16000.
    """

    def __init__(self, sample_rate: int = 16000) -> None:
        check_size("sample_rate", sample_rate, MAX_SAMPLE_RATE)
        self.sample_rate = sample_rate


class Config:
    """Configuration of an experiment, read from `<root>/config.yml`.

    Parameters
    ----------
    root : Path
        Experiment directory.
    trust : bool, optional
        Import classes outside pyannote.audio, torch and installed plug-ins. Defaults to False.

    Raises
    ------
    ValueError
        If the file is missing or malformed. Messages name the file, the section and the remedy.
    """

    def __init__(self, root: Path, trust: bool = False) -> None:
        self.path = root / "config.yml"
        self.packages = None if trust else known_packages()
        if not self.path.is_file():
            raise ValueError(
                f"{self.path}: no such file; write a template with `sad init {root}`, or with "
                "`emb init` or `tag init`"
            )
        content = read_yaml(self.path)
        if not isinstance(content, dict):
            raise ValueError(f"{self.path}: expected sections such as `task:`, found none")
        self.content = {name: value for name, value in content.items() if value is not None}
        try:
            self.sections = Sections.model_validate(self.content)
        except ValidationError as error:
            is_section = len(error.errors()[0]["loc"]) == 1
            known = (Sections if is_section else Section).model_fields
            valid = f"valid {'sections' if is_section else 'keys'}: {', '.join(known)}"
            mistake = first_mistake(error, known)
            raise ValueError(f"{self.path}: section {mistake} ({valid})") from None

    def _build(
        self,
        section: str,
        factory: Callable,
        *args: Any,
        params: Mapping[str, Any] = MappingProxyType({}),
        **overrides: Any,
    ) -> Any:
        """Call a factory with options of a section, and add the section to its errors."""
        try:
            elsewhere = ELSEWHERE.get(section, {})
            check_options(factory, params, num_given=len(args), elsewhere=elsewhere)
            return factory(*args, **{**params, **overrides})
        except ValidationError as error:
            raise ValueError(f"{self.path}: section {section!r}: {first_mistake(error)}") from None
        except Exception as error:
            # invalid values may raise any exception
            raise ValueError(f"{self.path}: section {section!r}: {describe(error)}") from error

    @property
    def sample_rate(self) -> int:
        """Sample rate of the model, in hertz."""
        section = self.sections.feature_extraction
        if section.name.rpartition(".")[-1] != "RawAudio":
            raise ValueError(
                f"{self.path}: section 'feature_extraction': models read waveforms, so the name "
                f"must be RawAudio, got {section.name!r}"
            )
        return self._build("feature_extraction", RawAudio, params=section.params).sample_rate

    def preprocessors(self) -> dict[str, Callable]:
        """Return the preprocessors of protocol files, by key, including "audio"."""
        preprocessors: dict[str, Callable] = {"audio": AudioFinder()}
        for key, value in self.sections.preprocessors.items():
            if isinstance(value, str):
                # pyannote.database 6.1.1 accepts templates, but fails to fill them
                self._build("preprocessors", _check_template, value)
                preprocessors[key] = partial(_fill, value)
                continue
            section = self._build("preprocessors", Section.model_validate, value)
            name, params = section.name, section.params
            Preprocessor = self._build(
                "preprocessors",
                load_class,
                name,
                PREPROCESSORS[0],
                object,
                None if self.packages is None else PREPROCESSORS,
            )
            preprocessors[key] = self._build("preprocessors", Preprocessor, params=params)
        return preprocessors

    def task(self, protocol: Protocol, **overrides: Any) -> Task:
        """Build the task.

        Parameters
        ----------
        protocol : Protocol
            Training and development data.
        overrides : optional
            Options of the task that replace those of the file.

        Returns
        -------
        task : Task

        Raises
        ------
        ValueError
            If the section is invalid, or the task does not support the protocol.
        """
        section = self.sections.task
        name, params = convert_task(section.name, section.params)
        Task_ = self._build(
            "task",
            load_plugin,
            "pyannote.audio.tasks",
            name,
            "pyannote.audio.tasks",
            Task,
            self.packages,
        )
        self._build("task", TaskNumbers.model_validate, params)
        overrides["augmentation"] = self._augmentation()
        try:
            return self._build("task", Task_, protocol, params=params, **overrides)
        except ValueError as error:
            if NO_SCOPE not in str(error):
                raise
            raise ValueError(
                f"{self.path}: section 'task': {Task_.__name__} needs a protocol with annotation "
                "and its `scope`; for clips with labels, use AudioTagging"
            ) from None

    def _augmentation(self) -> Any:
        """Build the data augmentation, if any."""
        section = self.sections.data_augmentation
        if section is None:
            return None
        name, params = section.name, dict(section.params)
        if name.rpartition(".")[-1] == "AddNoise":
            reader = mono_reader(self.sample_rate)
            return self._build("data_augmentation", AddNoise, reader, params=params)
        Augmentation = self._build(
            "data_augmentation",
            load_class,
            name,
            "torch_audiomentations",
            nn.Module,
            self.packages,
        )
        params.setdefault("output_type", "dict")
        return self._build("data_augmentation", Augmentation, params=params)

    def model(self, task: Task, default_module: str) -> Model:
        """Build the model.

        Parameters
        ----------
        task : Task
        default_module : str
            Module of architectures that are not registered as plug-ins.

        Returns
        -------
        model : Model
        """
        name, params = self.sections.architecture.name, self.sections.architecture.params
        if name in LEGACY_ARCHITECTURES:
            raise ValueError(
                f"{self.path}: section 'architecture': {name} of pyannote.audio 1.1 does not "
                f"exist; use {LEGACY_ARCHITECTURES[name]}"
            )
        Architecture = self._build(
            "architecture",
            load_plugin,
            "pyannote.audio.models",
            name,
            default_module,
            Model,
            self.packages,
        )
        if self.packages is not None:
            for unknown in unknown_names(params):
                raise ValueError(
                    f"{self.path}: section 'architecture' names {unknown}, {OUTSIDE}; {REMEDY}"
                )
        params = self._build("architecture", convert_architecture, params)
        given = {"task": task, "sample_rate": self.sample_rate}
        with limited_memory():
            return self._build("architecture", Architecture, params=params, **given)

    def optimisation(self) -> Optimisation:
        """Build the definition of the optimiser and the scheduler."""
        optimizer, scheduler = self.sections.optimizer, self.sections.scheduler
        if "scheduler" not in self.content and "lr" in optimizer.params:
            scheduler = Section(name=scheduler.name)
        try:
            return Optimisation(
                (optimizer.name, optimizer.params),
                (scheduler.name, scheduler.params),
                self.packages,
            )
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from error

    def callbacks(self) -> list[Callback]:
        """Build the additional Lightning callbacks."""
        callbacks = []
        for section in self.sections.callbacks:
            Callback_ = self._build(
                "callbacks",
                load_plugin,
                "pyannote_strf.callbacks",
                section.name,
                "lightning.pytorch.callbacks",
                Callback,
                self.packages,
            )
            callbacks.append(self._build("callbacks", Callback_, params=section.params))
        return callbacks
