#!/usr/bin/env python3
"""Compare front-ends for audio tagging with a reduced CNN10.

The script leaves out one fold after the other, trains on all others for a fixed number of epochs,
and writes a Markdown table of accuracies of the last epoch. Results that exist in OUT are reused.

    python benchmarks/tagging.py esc10 ESC-10 OUT
    python benchmarks/tagging.py nonverbal dataset OUT
    python benchmarks/tagging.py zebra_finch BirdCalls OUT
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import soundfile
import torch
import typer
import yaml
from comparison import FRONTEND_HELP, by_frontend, compare, spread
from lightning.pytorch import Trainer, seed_everything
from options import options_of
from pyannote.audio.core.task import Task
from pyannote.database import FileFinder, registry

from pyannote_strf import STRFCNN10
from pyannote_strf.audio import Audio
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.corpora import find
from pyannote_strf.corpora.database_yml import write_database_yml
from pyannote_strf.database.protocols import get_protocol
from pyannote_strf.messages import did_you_mean
from pyannote_strf.metrics.tagging import accuracy, balanced_accuracy
from pyannote_strf.models.clip_windows import fit_clip
from pyannote_strf.models.frontend import frontend_options
from pyannote_strf.tasks import AudioTagging

# a network that trains in a few minutes on two cores
SETTINGS: dict[str, Any] = {
    "epochs": 80,
    "width": 0.25,
    "dropout": 0.0,
    "learning_rate": 0.006,
    "weight_decay": 0.01,
    "spectrogram": {"normalisation": "mean"},
    "task": {"batch_size": 32, "mixup": 0.5},
}

# sample rate, hop and window of the spectrogram, duration of clips in training and in test
CORPORA: dict[str, dict[str, Any]] = {
    "esc10": {"rate": 32000, "hop": 0.0125, "window": 0.025, "duration": 2.5, "test": 5.0},
    "nonverbal": {"rate": 16000, "hop": 0.01, "window": 0.02, "duration": 2.0, "test": 4.0},
    "zebra_finch": {"rate": 44100, "hop": 0.0025, "window": 0.005, "duration": 0.5, "test": 0.5},
}

# zebra finches: callers, not types of calls
DATABASES = {"esc10": "ESC10", "nonverbal": "Nonverbal", "zebra_finch": "ZebraFinchCallers"}

# settings for other numbers of clips
SETTINGS_OF_CORPORA: dict[str, dict[str, Any]] = {
    "esc10": {},
    "nonverbal": {"epochs": 40},
    "zebra_finch": {"epochs": 60, "learning_rate": 0.003, "task": {"batch_size": 16}},
}


def settings_of(corpus: str, replaced: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a corpus, some of which are replaced."""
    merged: dict[str, Any] = {"corpus": CORPORA[corpus]}
    for options in (SETTINGS, SETTINGS_OF_CORPORA[corpus], replaced):
        for name, value in options.items():
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
    return merged


def write_protocols(corpus: str, folder: Path, out: Path, folds: Collection[int] = ()) -> list[str]:
    """Write protocols without development, and return those of some folds, or of all.

    Returns
    -------
    protocols : list of str
    """
    (out / "audio").mkdir(parents=True, exist_ok=True)
    found = find(corpus, folder)
    database = DATABASES[corpus]
    protocols = found.protocols[database]["Protocol"]
    database_yml = out / "database.yml"
    if not database_yml.exists():
        for protocol in protocols.values():
            train, rest = (protocol[subset]["uri"] for subset in ("train", "development"))
            found.lists[train].extend(found.lists.pop(rest))
            del protocol["development"]
        write_database_yml([found], database_yml)
    registry.load_database(database_yml)
    return [
        f"{database}.Protocol.{name}"
        for name in protocols
        if not folds or int(name.removeprefix("Fold")) in folds
    ]


def converted(out: Path, rate: int) -> Callable[[Any], Path]:
    """Return a preprocessor that converts audio on first use, so that training reads WAV."""
    original, audio = FileFinder(), Audio(sample_rate=rate, mono="downmix")

    def convert(file: Any) -> Path:
        path = out / "audio" / f"{file['uri'].replace('/', '_')}.wav"
        if not path.exists():
            waveform, _ = audio(original(file))
            soundfile.write(path, waveform[0].numpy(), rate)
        return path

    return convert


def run(
    frontend: str, seed: int, root: Path, protocols: list[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """Train and test one front-end on each fold.

    The result holds the group of each clip, or else its name, and whether its class is right.
    Names are replaced by digests, since some corpora must not be copied.
    """
    corpus = settings["corpus"]
    files: dict[str, dict[str, Any]] = {}
    results: dict[str, list[float]] = {
        "accuracy": [],
        "balanced accuracy": [],
        "correct": [],
        "clips": [],
        "seconds": [],
    }
    root.mkdir(parents=True, exist_ok=True)
    for name in protocols:
        seed_everything(seed, verbose=False)
        protocol = get_protocol(name, {"audio": converted(root.parent, corpus["rate"])})
        started = time.perf_counter()
        model = trained(frontend, protocol, settings)
        results["seconds"].append(time.perf_counter() - started)
        reference, predicted = [], []
        for file in protocol.test():
            waveform, _ = model.audio(file["audio"])
            waveform, _ = fit_clip(waveform, round(corpus["test"] * corpus["rate"]), "repeat")
            with torch.inference_mode():
                best = int(model(waveform[None]).argmax())
            reference.append(file["tags"])
            predicted.append(model.specifications.classes[best])
            files[digest(file["uri"])] = {
                "group": digest(file.get("group") or file["uri"]),
                "right": predicted[-1] == reference[-1],
            }
        results["accuracy"].append(100 * accuracy(reference, predicted))
        results["balanced accuracy"].append(100 * balanced_accuracy(reference, predicted))
        results["correct"].append(sum(map(str.__eq__, reference, predicted)))
        results["clips"].append(len(reference))
        print(name, frontend, seed, {key: round(values[-1], 1) for key, values in results.items()})
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {**results, "files": files, "parameters": parameters, "settings": settings}


def digest(name: str) -> str:
    """Return a short text that differs between names.

    >>> digest("1-100032-A"), digest("1-100032-B")
    ('26ea3a54ba', '72f7cdb193')
    """
    return hashlib.blake2s(name.encode(), digest_size=5).hexdigest()


def build(frontend: str, settings: dict[str, Any], task: Task | None = None) -> STRFCNN10:
    """Build a model."""
    corpus = settings["corpus"]
    options = frontend_options(options_of("tagging", frontend))
    if "spectrogram" in options:
        frames = {name: corpus[name] for name in ("hop", "window")}
        options["spectrogram"] = {**options["spectrogram"], **frames, **settings["spectrogram"]}
    sizes = {name: settings[name] for name in ("width", "dropout")}
    return STRFCNN10(options, **sizes, sample_rate=corpus["rate"], task=task)


def trained(frontend: str, protocol: Any, settings: dict[str, Any]) -> STRFCNN10:
    """Train a model on the train subset of a protocol."""
    duration = settings["corpus"]["duration"]
    task = AudioTagging(protocol, num_workers=0, duration=duration, **settings["task"])
    model = build(frontend, settings, task)

    def configure_optimizers() -> dict[str, Any]:
        rate = settings["learning_rate"]
        optimizer = torch.optim.AdamW(
            model.parameters(), rate, weight_decay=settings["weight_decay"]
        )
        steps = settings["epochs"] * (task.train__len__() // task.batch_size)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    model.configure_optimizers = configure_optimizers  # type: ignore[method-assign]
    trainer = Trainer(
        max_epochs=settings["epochs"],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model)
    return model.cpu().eval()


def table(results: list[dict[str, Any]]) -> str:
    """Format means and standard deviations over seeds as a Markdown table."""
    lines = [
        "| front-end | seeds | accuracy (%) | by fold | correct | parameters | s per training |",
        "|---|---|---|---|---|---|---|",
    ]
    for frontend, rows in by_frontend(results):
        folds = zip(*(row["accuracy"] for row in rows))
        cells = [
            frontend,
            ", ".join(str(row["seed"]) for row in rows),
            spread([100 * sum(row["correct"]) / sum(row["clips"]) for row in rows]),
            ", ".join(f"{sum(fold) / len(fold):.1f}" for fold in folds),
            ", ".join(f"{sum(row['correct'])} of {sum(row['clips'])}" for row in rows),
            f"{rows[0]['parameters']:,}",
            f"{max(max(row['seconds']) for row in rows):.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    corpus: Annotated[str, typer.Argument(help=f"One of {', '.join(CORPORA)}.")],
    folder: Annotated[Path, typer.Argument(help="Folder of the corpus.")],
    out: Annotated[Path, typer.Argument(help="Folder for results and table.md.")],
    frontend: Annotated[list[str], typer.Option(help=FRONTEND_HELP)] = ["mel", "strf"],
    seed: Annotated[list[int], typer.Option(help="Repeat for several.")] = [0, 1, 2],
    fold: Annotated[list[int], typer.Option(help="Repeat for several. All by default.")] = [],
    settings: Annotated[str, typer.Option(help="Settings to replace, in YAML.")] = "{}",
) -> None:
    """Compare front-ends for audio tagging with a reduced CNN10."""
    if corpus not in CORPORA:
        raise typer.BadParameter(f"{corpus!r} does not exist{did_you_mean(corpus, CORPORA)}")
    keep_freed_memory()
    protocols = write_protocols(corpus, folder, out, fold)
    merged = settings_of(corpus, yaml.safe_load(settings))
    compare(partial(run, protocols=protocols, settings=merged), table, out, frontend, seed)


if __name__ == "__main__":
    typer.run(main)
