#!/usr/bin/env python3
"""Compare front-ends for audio tagging on ESC-10 with a reduced CNN10.

The script leaves out one fold after the other, trains on all others for a fixed number of epochs,
and writes a Markdown table of accuracies of the last epoch. Results that exist in OUT are reused.

    python benchmarks/tagging.py ESC10 OUT
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import soundfile
import torch
import typer
import yaml
from comparison import FRONTEND_HELP, by_frontend, compare, spread
from lightning.pytorch import Trainer, seed_everything
from pyannote.database import FileFinder, registry

from pyannote_strf import STRFCNN10
from pyannote_strf.audio import Audio
from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.corpora import find
from pyannote_strf.corpora.database_yml import write_database_yml
from pyannote_strf.database.protocols import get_protocol
from pyannote_strf.metrics.tagging import accuracy, balanced_accuracy
from pyannote_strf.models.frontend import frontend_options
from pyannote_strf.tasks import AudioTagging

SAMPLE_RATE = 32000

# reduced so that a training takes at most five minutes on two cores
SETTINGS: dict[str, Any] = {
    "epochs": 60,
    "width": 0.25,
    "dropout": 0.0,
    "learning_rate": 0.003,
    "weight_decay": 0.01,
    "spectrogram": {"hop": 0.02, "window": 0.04},
    "task": {
        "duration": 2.5,
        "batch_size": 16,
        "spec_augment": {"num_masks": 1, "bands": 0.1, "frames": 0.1},
    },
}


def write_protocols(corpus: str, folder: Path, out: Path) -> list[str]:
    """Convert clips to the sample rate of the model, and write protocols without development.

    Returns
    -------
    protocols : list of str
    """
    (out / "audio").mkdir(parents=True, exist_ok=True)
    database_yml = out / "database.yml"
    found = find(corpus, folder)
    if not database_yml.exists():
        (database,) = found.databases
        for protocol in found.protocols[database]["Protocol"].values():
            train, rest = (protocol[subset]["uri"] for subset in ("train", "development"))
            found.lists[train].extend(found.lists.pop(rest))
            del protocol["development"]
        write_database_yml([found], database_yml)
    registry.load_database(database_yml)
    ((database, tasks),) = found.protocols.items()
    return [f"{database}.Protocol.{name}" for name in tasks["Protocol"]]


def converted(out: Path) -> Callable[[Any], Path]:
    """Return a preprocessor that converts audio on first use, so that training reads WAV."""
    original, audio = FileFinder(), Audio(sample_rate=SAMPLE_RATE, mono="downmix")

    def convert(file: Any) -> Path:
        path = out / "audio" / f"{file['uri'].replace('/', '_')}.wav"
        if not path.exists():
            waveform, _ = audio(original(file))
            soundfile.write(path, waveform[0].numpy(), SAMPLE_RATE)
        return path

    return convert


def run(
    frontend: str, seed: int, root: Path, protocols: list[str], settings: dict[str, Any]
) -> dict[str, Any]:
    """Train and test one front-end on each fold."""
    results: dict[str, list[float]] = {"accuracy": [], "balanced accuracy": [], "seconds": []}
    root.mkdir(parents=True, exist_ok=True)
    for name in protocols:
        seed_everything(seed, verbose=False)
        protocol = get_protocol(name, {"audio": converted(root.parent)})
        started = time.perf_counter()
        model = trained(frontend, protocol, settings)
        results["seconds"].append(time.perf_counter() - started)
        reference, predicted = [], []
        for file in protocol.test():
            waveform, _ = model.audio(file["audio"])
            with torch.inference_mode():
                best = int(model(waveform[None]).argmax())
            reference.append(file["tags"])
            predicted.append(model.specifications.classes[best])
        results["accuracy"].append(100 * accuracy(reference, predicted))
        results["balanced accuracy"].append(100 * balanced_accuracy(reference, predicted))
        print(name, frontend, seed, {key: round(values[-1], 1) for key, values in results.items()})
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {**results, "parameters": parameters, "settings": settings}


def trained(frontend: str, protocol: Any, settings: dict[str, Any]) -> STRFCNN10:
    """Train a model on the train subset of a protocol."""
    options = frontend_options(yaml.safe_load(frontend))
    options["spectrogram"] = {**options["spectrogram"], **settings["spectrogram"]}
    task = AudioTagging(protocol, num_workers=0, **settings["task"])
    sizes = {name: settings[name] for name in ("width", "dropout")}
    model = STRFCNN10(options, **sizes, sample_rate=SAMPLE_RATE, task=task)

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
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model)
    return model.eval()


def table(results: list[dict[str, Any]]) -> str:
    """Format means and standard deviations over seeds as a Markdown table."""
    lines = [
        "| front-end | seeds | accuracy (%) | by fold | parameters | s per training |",
        "|---|---|---|---|---|---|",
    ]
    for frontend, rows in by_frontend(results):
        folds = zip(*(row["accuracy"] for row in rows))
        cells = [
            frontend,
            ", ".join(str(row["seed"]) for row in rows),
            spread([sum(row["accuracy"]) / len(row["accuracy"]) for row in rows]),
            ", ".join(f"{sum(fold) / len(fold):.1f}" for fold in folds),
            f"{rows[0]['parameters']:,}",
            f"{max(max(row['seconds']) for row in rows):.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    esc10: Annotated[Path, typer.Argument(help="Folder of ESC-10.")],
    out: Annotated[Path, typer.Argument(help="Folder for results and table.md.")],
    frontend: Annotated[list[str], typer.Option(help=FRONTEND_HELP)] = ["mel", "strf"],
    seed: Annotated[list[int], typer.Option(help="Repeat for several.")] = [0, 1, 2],
    fold: Annotated[list[int], typer.Option(help="Repeat for several. All by default.")] = [],
    settings: Annotated[str, typer.Option(help="Settings to replace, in YAML.")] = "{}",
) -> None:
    """Compare front-ends for audio tagging on ESC-10 with a reduced CNN10."""
    keep_freed_memory()
    given = yaml.safe_load(settings)
    merged = {**SETTINGS, **given, "task": {**SETTINGS["task"], **given.get("task", {})}}
    protocols = [
        name
        for name in write_protocols("esc10", esc10, out)
        if not fold or int(name.rpartition("Fold")[2]) in fold
    ]
    compare(partial(run, protocols=protocols, settings=merged), table, out, frontend, seed)


if __name__ == "__main__":
    typer.run(main)
