#!/usr/bin/env python3
"""Compare all front-ends on four tasks, with the same back-end and budget for each task.

The script trains and tests every front-end on speech activity detection, speaker verification and
two corpora of clips. It writes a Markdown table, table.md, and a picture, frontends.png and
frontends.svg. Both are written again after each run, from all results in OUT. Results that exist in
OUT are reused, so that an interrupted comparison can be continued.

    python benchmarks/frontends.py NOISY_MEETINGS/database.yml LIBRISPEECH_MINI/database.yml \\
        ESC-10 NONVERBAL/dataset OUT
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from comparison import run_once, stored
from costs import relative_times
from options import FRONTENDS
from picture import write_picture
from rich.console import Console
from summary import REFERENCE, compared, summary
from tasks import MAIN, SEEDS, TASKS, Run, Task, refusal

from pyannote_strf.cli.memory import keep_freed_memory
from pyannote_strf.files import write_text
from pyannote_strf.messages import did_you_mean


def plan(
    tasks: Collection[str], frontends: Collection[str], seeds: Collection[int]
) -> Iterator[tuple[str, str, int]]:
    """Iterate over tasks, front-ends and seeds, the first seed of all front-ends first.

    Parameters
    ----------
    tasks, frontends : collection of str
        All if empty.
    seeds : collection of int
        Default to all for the front-ends that a task repeats, and to the first one for others.
    """
    names = sorted(frontends or FRONTENDS, key=lambda name: name not in MAIN)
    runs = [
        (name, frontend, seed)
        for name in tasks or TASKS
        for frontend in names
        for seed in seeds or (SEEDS if frontend in TASKS[name].repeated else SEEDS[:1])
    ]
    return iter(sorted(runs, key=lambda run: run[2]))


def complete(
    task: Task, run: Run, epochs: int, frontend: str, seed: int, root: Path
) -> dict[str, Any]:
    """Train and test a front-end, and measure its cost relative to the reference."""
    reason = refusal(task, frontend)
    if reason:
        return {"epochs": epochs, "refused": reason}
    result = run(frontend, seed, root, epochs)
    batch_size, num_samples = task.batch
    waveforms = 0.1 * torch.randn(batch_size, 1, num_samples)
    model = task.build(frontend)
    return {
        **result,
        "epochs": epochs,
        "frontend parameters": sum(each.numel() for each in model.frontend.parameters()),
        "times": relative_times(model, task.build(REFERENCE), waveforms),
    }


def checked(chosen: list[str], known: Collection[str]) -> list[str]:
    """Return names if all are known.

    Raises
    ------
    typer.BadParameter
        If a name does not exist.
    """
    for name in chosen:
        if name not in known:
            raise typer.BadParameter(f"{name!r} does not exist{did_you_mean(name, known)}")
    return chosen


def check_budget(out: Path, epochs: dict[str, int]) -> None:
    """Check that stored results have the same budget.

    Raises
    ------
    typer.BadParameter
        If a result has another number of epochs.
    """
    for name, expected in epochs.items():
        for result in stored(out / name):
            if result["epochs"] != expected:
                raise typer.BadParameter(
                    f"{out / name}: {result['frontend']} was trained for {result['epochs']} epochs "
                    f"instead of {expected}: choose another folder"
                )


def write_outputs(out: Path) -> None:
    """Write the table and the picture of all results."""
    out.mkdir(parents=True, exist_ok=True)
    comparisons = compared({name: stored(out / name) for name in TASKS})
    write_text(out / "table.md", summary(comparisons))
    write_picture(comparisons, out / "frontends")


def main(
    noisy_meetings: Annotated[Path, typer.Argument(help="database.yml of NoisyMeetings.")],
    librispeech_mini: Annotated[Path, typer.Argument(help="database.yml of LibriSpeechMini.")],
    esc10: Annotated[Path, typer.Argument(help="Folder of ESC-10.")],
    nonverbal: Annotated[Path, typer.Argument(help="Folder of nonverbal vocalisations.")],
    out: Annotated[Path, typer.Argument(help="Folder for results, table and picture.")],
    task: Annotated[list[str], typer.Option(help=f"Of {', '.join(TASKS)}. Repeatable.")] = [],
    frontend: Annotated[list[str], typer.Option(help="Name in the table. Repeatable.")] = [],
    seed: Annotated[list[int], typer.Option(help="Repeatable.")] = [],
    epochs: Annotated[int | None, typer.Option(help="At most, in each task.", min=1)] = None,
) -> None:
    """Compare all front-ends on four tasks, with the same back-end and budget for each task."""
    keep_freed_memory()
    runs = list(plan(checked(task, TASKS), checked(frontend, FRONTENDS), seed))
    budgets = {name: min(each.epochs, epochs or each.epochs) for name, each in TASKS.items()}
    check_budget(out, budgets)
    corpora = dict(zip(TASKS, (noisy_meetings, librispeech_mini, esc10, nonverbal)))
    ready: dict[str, Run] = {}
    for number, (name, frontend_name, seed_of_run) in enumerate(runs, start=1):
        known = {(each["frontend"], each["seed"]) for each in stored(out / name)}
        if (frontend_name, seed_of_run) in known:
            continue
        if name not in ready:
            if not corpora[name].exists():
                raise typer.BadParameter(f"{corpora[name]}: does not exist")
            ready[name] = TASKS[name].prepare(corpora[name], out / name)
        Console().print(f"{number} of {len(runs)}: {name}, {frontend_name}, seed {seed_of_run}")
        run = partial(complete, TASKS[name], ready[name], budgets[name])
        run_once(run, out / name, frontend_name, seed_of_run)
        write_outputs(out)
    write_outputs(out)


if __name__ == "__main__":
    typer.run(main)
