"""Tasks of the table of front-ends, each with one back-end and one budget."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import paired
import sad
import tagging
import verification
from pyannote.audio.core.task import Problem, Resolution, Specifications

import pyannote_strf
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.models.base import FrontendModel

# trains and tests a front-end, given its name, a seed, a folder and a number of epochs
Run = Callable[[str, int, Path, int], dict[str, Any]]

RATE = 16000

SEEDS = (0, 1, 2)

# front-ends that run with all seeds in detection and verification
MAIN = ("mel", "strf", "hybrid", "conv2d", "sincnet", "degram")

# Training epochs of all front-ends. Those of tagging are fewer than in tagging.py, so that the
# complete table takes about 15 hours of one core.
EPOCHS = {"sad": sad.EPOCHS, "verification": verification.EPOCHS, "esc10": 50, "nonverbal": 20}


@dataclass(frozen=True)
class Task:
    """What front-ends are compared on.

    Attributes
    ----------
    title, corpus : str
    metric : str
        In percent.
    higher_is_better : bool
    units : str
        What is drawn for intervals.
    epochs : int
        Number of training epochs of all front-ends.
    repeated : tuple of str
        Front-ends that run with all `SEEDS`. The others run with the first one.
    measure : callable
        See :mod:`paired`.
    prepare : callable
        Returns the function that trains and tests, given the corpus and an output folder.
    build : callable
        Builds the model, given the name of a front-end.
    batch : (int, int)
        Number of examples in a batch, and of samples in an example.
    sample_rate : int
        In hertz.
    """

    title: str
    corpus: str
    metric: str
    higher_is_better: bool
    units: str
    epochs: int
    repeated: tuple[str, ...]
    measure: Callable[[paired.Results], paired.Measure]
    prepare: Callable[[Path, Path], Run]
    build: Callable[[str], FrontendModel]
    batch: tuple[int, int]
    sample_rate: int = RATE


def from_config(
    config: Callable[[str], dict[str, Any]], specifications: Specifications, frontend: str
) -> FrontendModel:
    """Build the model of the configuration of an experiment."""
    architecture = config(frontend)["architecture"]
    model = getattr(pyannote_strf, architecture["name"])(**architecture["params"])
    return with_specifications(model, specifications)


def with_specifications(model: FrontendModel, specifications: Specifications) -> FrontendModel:
    """Add the layers that depend on the task."""
    model.specifications = specifications
    model.build()
    return model


def speech_activity_detection(corpus: Path, out: Path) -> Run:
    """Return a function that trains and tests on NoisyMeetings."""
    load_registry(corpus)
    return partial(sad.run, evaluated=("test",))


def speaker_verification(corpus: Path, out: Path) -> Run:
    """Return a function that trains and tests on LibriSpeechMini."""
    load_registry(corpus)
    return verification.run


def audio_tagging(name: str, folds: Collection[int], corpus: Path, out: Path) -> Run:
    """Return a function that trains and tests on folds of clips."""
    protocols = tagging.write_protocols(name, corpus, out, folds)

    def run(frontend: str, seed: int, root: Path, epochs: int) -> dict[str, Any]:
        settings = tagging.settings_of(name, {"epochs": epochs})
        return tagging.run(frontend, seed, root, protocols, settings)

    return run


def tagging_task(
    where: str, name: str, folds: Collection[int], num_classes: int, units: str
) -> Task:
    """Return the task of a corpus of clips."""
    settings = tagging.settings_of(name, {})
    corpus = settings["corpus"]
    specifications = Specifications(
        Problem.MONO_LABEL_CLASSIFICATION,
        Resolution.CHUNK,
        corpus["duration"],
        classes=[str(number) for number in range(num_classes)],
    )
    return Task(
        "Audio tagging",
        where,
        metric="accuracy",
        higher_is_better=True,
        units=units,
        epochs=EPOCHS[name],
        repeated=("mel", "strf", "hybrid"),
        measure=paired.clip_accuracy,
        prepare=partial(audio_tagging, name, folds),
        build=lambda frontend: with_specifications(
            tagging.build(frontend, settings), specifications
        ),
        batch=(settings["task"]["batch_size"], round(corpus["duration"] * corpus["rate"])),
        sample_rate=corpus["rate"],
    )


TASKS = {
    "sad": Task(
        "Speech activity detection",
        "NoisyMeetings",
        metric="detection error rate",
        higher_is_better=False,
        units="files",
        epochs=EPOCHS["sad"],
        repeated=(*MAIN, "vgg"),
        measure=paired.detection_error_rate,
        prepare=speech_activity_detection,
        build=partial(
            from_config,
            sad.config,
            Specifications(
                Problem.BINARY_CLASSIFICATION, Resolution.FRAME, sad.DURATION, classes=["speech"]
            ),
        ),
        batch=(sad.BATCH_SIZE, round(sad.DURATION * RATE)),
    ),
    "verification": Task(
        "Speaker verification",
        "LibriSpeechMini",
        metric="equal error rate",
        higher_is_better=False,
        units="speakers",
        epochs=EPOCHS["verification"],
        repeated=(*MAIN, "vgg"),
        measure=paired.trial_error_rate,
        prepare=speaker_verification,
        build=partial(
            from_config,
            verification.config,
            Specifications(
                Problem.REPRESENTATION, Resolution.CHUNK, verification.DURATION, classes=[]
            ),
        ),
        batch=(verification.BATCH_SIZE, round(verification.DURATION * RATE)),
    ),
    # no setting was chosen on fold 4 of ESC-10 and fold 5 of nonverbal
    "esc10": tagging_task("ESC-10, fold 4", "esc10", (4,), 10, "recordings"),
    "nonverbal": tagging_task("nonverbal, folds 4 and 5", "nonverbal", (4, 5), 16, "speakers"),
}


def refusal(task: Task, frontend: str) -> str | None:
    """Return why a task does not support a front-end, or None if it does."""
    try:
        task.build(frontend)
    except (ValueError, NotImplementedError) as error:
        return str(error)
    return None
