"""The `config.yml` of an experiment: pyannote.audio 1.1's sections, pyannote.audio 4's objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from lightning.pytorch import Callback
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Task
from pyannote.database import FileFinder, Protocol, ProtocolFile
from pydantic import BaseModel, ValidationError, field_validator
from torch import nn

from pyannote_strf.audio import mono_reader
from pyannote_strf.checks import check_options, describe, first_mistake
from pyannote_strf.experiment.augmentation import AddNoise
from pyannote_strf.experiment.optimisation import Optimisation
from pyannote_strf.experiment.version_1 import (
    FORMER_ARCHITECTURES,
    architecture_of_today,
    task_of_today,
)
from pyannote_strf.plugins import (
    OUTSIDE,
    REMEDY,
    known_packages,
    load_class,
    load_plugin,
    unknown_names,
)

# packages of preprocessors: whoever reads an experiment builds them
PREPROCESSORS = ("pyannote.audio.utils.preprocessors", "pyannote.database")


class Section(BaseModel, extra="forbid"):
    """A name, and parameters of what goes by it."""

    name: str
    params: dict[str, Any] = {}

    @field_validator("params", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return {} if value is None else value


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


def _fill(template: str, file: ProtocolFile) -> str:
    try:
        return template.format_map(file)
    except KeyError as error:
        raise ValueError(
            f"config.yml, section 'preprocessors': {template} asks for {error}, which files do not have"
        ) from None


class _Loader(yaml.SafeLoader):
    """YAML 1.2's numbers: PyYAML 6 follows YAML 1.1, and takes 1e-3 and 1.5e3 for text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)


class Config:
    """Content of `<root>/config.yml`.

    Parameters
    ----------
    root : Path
        Experiment directory.
    trust : bool, optional
        Whether dotted names may lead anywhere. Defaults to False: modules outside pyannote.audio, torch
        and installed plug-ins are not imported.

    Raises
    ------
    ValueError
        If the file is missing or malformed. Messages name the file, the section, and the remedy.
    """

    def __init__(self, root: Path, trust: bool = False):
        self.path = root / "config.yml"
        self.packages = None if trust else known_packages()
        if not self.path.is_file():
            raise ValueError(
                f"{self.path}: no such file; `sad init {root}`, or `emb init`, writes one to start from"
            )
        try:
            content = yaml.load(self.path.read_text(encoding="utf-8"), Loader=_Loader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f" line {mark.line + 1}:" if mark else ""
            problem = getattr(error, "problem", None) or error
            raise ValueError(f"{self.path}:{where} not valid YAML ({problem})") from None
        if not isinstance(content, dict):
            raise ValueError(f"{self.path}: expected sections such as `task:`, found none")
        self.content = {name: value for name, value in content.items() if value is not None}
        try:
            self.sections = Sections.model_validate(self.content)
        except ValidationError as error:
            known = ", ".join(Sections.model_fields)
            raise ValueError(
                f"{self.path}: section {first_mistake(error)} (valid sections: {known})"
            ) from None

    def _build(self, section: str, factory: Callable, *args, params: dict | None = None) -> Any:
        """Call `factory(*args, **params)`; what it complains about is a mistake in that section."""
        try:
            check_options(factory, params or {})
            return factory(*args, **(params or {}))
        except ValidationError as error:
            raise ValueError(f"{self.path}: section {section!r}: {first_mistake(error)}") from None
        except Exception as error:
            # values that make no sense raise nearly anything
            raise ValueError(f"{self.path}: section {section!r}: {describe(error)}") from error

    @property
    def sample_rate(self) -> int:
        """Sample rate of the model, in hertz."""
        section = self.sections.feature_extraction
        name, params = section.name, dict(section.params)
        if name.rpartition(".")[-1] != "RawAudio":
            raise ValueError(
                f"{self.path}: section 'feature_extraction': models read waveforms, so the name "
                f"must be RawAudio, got {name!r}"
            )
        sample_rate = params.pop("sample_rate", 16000)
        if params:
            raise ValueError(
                f"{self.path}: section 'feature_extraction': unknown parameter "
                f"{next(iter(params))!r}"
            )
        return sample_rate

    def preprocessors(self) -> dict[str, Callable]:
        """Preprocessors of protocol files, `audio` included."""
        preprocessors: dict[str, Callable] = {"audio": FileFinder()}
        for key, value in self.sections.preprocessors.items():
            if isinstance(value, str):
                # pyannote.database 6.1.1 accepts templates, but fails to fill them
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

    def task(self, protocol: Protocol, **overrides) -> Task:
        """Build the task.

        Parameters
        ----------
        protocol : Protocol
        overrides : optional
            Parameters of the task that take precedence over those of the file.
        """
        section = self.sections.task
        name, params = task_of_today(section.name, section.params)
        Task_ = self._build(
            "task",
            load_plugin,
            "pyannote.audio.tasks",
            name,
            "pyannote.audio.tasks",
            Task,
            self.packages,
        )
        params = {**params, "augmentation": self._augmentation(), **overrides}
        return self._build("task", Task_, protocol, params=params)

    def _augmentation(self) -> Any:
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
            Where names of architectures are looked up that no plug-in goes by.
        """
        name, params = self.sections.architecture.name, self.sections.architecture.params
        if name in FORMER_ARCHITECTURES:
            raise ValueError(
                f"{self.path}: section 'architecture': {name} is pyannote.audio 1.1's; "
                f"write {FORMER_ARCHITECTURES[name]}"
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
        params = self._build("architecture", architecture_of_today, params)
        if "sample_rate" in params:
            raise ValueError(
                f"{self.path}: section 'architecture': the sample rate belongs in section "
                "'feature_extraction'"
            )
        params.update(task=task, sample_rate=self.sample_rate)
        return self._build("architecture", Architecture, params=params)

    def optimisation(self) -> Optimisation:
        """Optimiser and scheduler."""
        optimizer, scheduler = self.sections.optimizer, self.sections.scheduler
        try:
            return Optimisation(
                (optimizer.name, optimizer.params),
                (scheduler.name, scheduler.params),
                self.packages,
            )
        except ValueError as error:
            raise ValueError(
                f"{self.path}: sections 'optimizer' and 'scheduler': {error}"
            ) from error

    def callbacks(self) -> list[Callback]:
        """Additional Lightning callbacks."""
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
