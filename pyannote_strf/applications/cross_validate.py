"""Cross-validation over the folds of a protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import yaml

from pyannote_strf.applications.apply import apply
from pyannote_strf.applications.base import Application
from pyannote_strf.applications.folds import Fold, find_folds
from pyannote_strf.applications.tables import as_csv, read_table
from pyannote_strf.applications.validate import validate
from pyannote_strf.database.protocols import get_protocol
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.directories import TrainDir, ValidateDir
from pyannote_strf.experiment.records import Params
from pyannote_strf.experiment.train import train
from pyannote_strf.files import write_text
from pyannote_strf.progress import Progress, silent

CONFIG = "config.yml"

# files to test on in each fold, and the hash of all its files and labels
FOLDS = "folds.yml"

# suffix of the metrics that `apply` writes
METRICS = ".eval"

# columns of the table of results before metrics
KEYS = ("seed", "protocol")


class FoldResult(NamedTuple):
    """Metrics of one fold and seed.

    Attributes
    ----------
    seed : int
    protocol : str
    metrics : dict of str to float
    """

    seed: int
    protocol: str
    metrics: dict[str, float]


class Use(NamedTuple):
    """Arguments that validation and application share."""

    application: Application
    device: torch.device | None
    progress: Progress
    trust: bool


@dataclass(frozen=True)
class Training:
    """Options of training that all folds share, see :func:`~pyannote_strf.experiment.train.train`.

    Attributes
    ----------
    end : int
        Epoch to train to.
    options : dict
        Other options.
    """

    end: int
    options: dict[str, Any]


def cross_validate(
    application: Application,
    root: Path,
    family: str,
    training: Training,
    seeds: Sequence[int] = (0,),
    last_epoch: bool = False,
    device: torch.device | None = None,
    announce: Callable[[str], None] = lambda _: None,
    progress_bars: Callable[[], AbstractContextManager[Progress]] = lambda: nullcontext(silent),
    trust: bool = False,
) -> list[FoldResult]:
    """Train, validate and apply a model for every fold of a protocol.

    What an earlier run completed is not repeated. Each seed has an experiment directory of its own,
    `<root>/best/seed<seed>` or `<root>/last/seed<seed>`. Results of each seed are written to
    `<root>/<best or last>/<family>.seed<seed>.csv` when all folds are done, and those of all seeds
    to `<family>.csv`. Results that the application pools over folds, see
    :meth:`~pyannote_strf.applications.base.Application.pool`, are beside it, for each seed.

    Parameters
    ----------
    application : Application
        Application whose :meth:`~pyannote_strf.applications.base.Application.apply` writes metrics.
    root : Path
        Directory with `config.yml`.
    family : str
        Beginning of the names of the protocols, such as "ESC10.Protocol" for
        "ESC10.Protocol.Fold1" and so on.
    training : Training
    seeds : sequence of int, optional
        Random seeds. Defaults to 0.
    last_epoch : bool, optional
        Whether to apply the last epoch, whose number is fixed beforehand. Then all other folds are
        trained on. By default, the epoch is chosen on the development subset, or on the next fold
        if there is none.
    device : torch.device, optional
        Device to validate and apply on. Defaults to the CPU.
    announce : callable, optional
        Takes a line about each step.
    progress_bars : callable, optional
        Returns a context manager of a :data:`~pyannote_strf.progress.Progress`.
    trust : bool, optional
        See :func:`~pyannote_strf.applications.apply.apply`. Defaults to False.

    Returns
    -------
    results : list of FoldResult

    Raises
    ------
    ValueError
        If there are no folds, data is not valid, `config.yml`, clips or labels changed since an
        earlier run, or that run trained further.
    """
    folds = find_folds(application, root, family, last_epoch, trust)
    out = results_dir(root, last_epoch)
    experiments = {seed: _experiment(root, out, seed, folds) for seed in dict.fromkeys(seeds)}
    for experiment in experiments.values():
        for fold in folds:
            train_dir, done = _progress(experiment, fold)
            if done > training.end:
                raise ValueError(
                    f"{train_dir.path}: trained to epoch {done}, more than {training.end}; use "
                    "another directory"
                )
    results: list[FoldResult] = []
    for seed, experiment in experiments.items():
        outputs = []
        for number, fold in enumerate(folds, start=1):
            where = f"seed {seed}, {fold.protocol} ({number} of {len(folds)})"
            train_dir, done = _progress(experiment, fold)
            announce(f"{where}: {'trained before' if done == training.end else 'training'}")
            if done < training.end:
                train(
                    application,
                    experiment,
                    fold.protocol,
                    fold.subset,
                    start="last" if done else 0,
                    end=training.end,
                    seed=seed,
                    held_out=fold.held_out,
                    trust=trust,
                    **training.options,
                )
            trained: TrainDir | ValidateDir = train_dir
            with progress_bars() as progress:
                use = Use(application, device, progress, trust)
                if fold.development is not None:
                    trained = _validated(use, train_dir, fold.development, training.end)
                output, metrics = _applied(use, trained, fold.protocol)
            outputs.append(output)
            results.append(FoldResult(seed, fold.protocol, metrics))
        rows = _rows([result for result in results if result.seed == seed], list(metrics))
        write_text(out / f"{family}.seed{seed}.csv", as_csv([*KEYS, *metrics], rows))
        write_text(out / f"{family}.csv", as_csv(*table(_stored(out, family))))
        for path in application.pool(outputs, out / f"{family}.seed{seed}"):
            announce(f"Wrote {path}")
    return results


def table(results: Sequence[FoldResult]) -> tuple[list[str], list[list[str]]]:
    """Return the header and rows of a table of results.

    Below the folds of each seed are their mean and standard deviation. The last rows are the mean
    and standard deviation of the means of seeds. Standard deviations have one degree of freedom
    less than there are values, and are empty for a single one.

    Examples
    --------
    >>> results = [FoldResult(0, f"ESC10.Protocol.Fold{n}", {"accuracy": n / 10}) for n in (7, 9)]
    >>> header, rows = table(results)
    >>> header
    ['seed', 'protocol', 'accuracy']
    >>> rows[2:]
    [['0', 'mean', '0.800000'], ['0', 'sd', '0.141421']]
    """
    # seeds of other versions may have other metrics
    names = list(dict.fromkeys(name for result in results for name in result.metrics))
    rows: list[list[str]] = []
    means: list[np.ndarray] = []
    for seed in dict.fromkeys(result.seed for result in results):
        of_seed = [result for result in results if result.seed == seed]
        values = [[result.metrics.get(name, np.nan) for name in names] for result in of_seed]
        rows += [*_rows(of_seed, names), *_summary(str(seed), values)]
        means.append(np.mean(values, axis=0))
    if len(means) > 1:
        rows += _summary("all", means)
    return [*KEYS, *names], rows


def _stored(out: Path, family: str) -> list[FoldResult]:
    """Return the results of all seeds whose folds are done."""
    pattern = re.compile(rf"{re.escape(family)}\.seed(\d+)\.csv")
    matches = (pattern.fullmatch(path.name) for path in out.iterdir())
    found = sorted((int(match[1]), match[0]) for match in matches if match)
    return [row for _, name in found for row in read_table(out / name, _result, "remove it")]


def _result(row: Mapping[str, str]) -> FoldResult:
    metrics = {name: float(value or "nan") for name, value in row.items() if name not in KEYS}
    return FoldResult(int(row["seed"]), row["protocol"], metrics)


def _rows(results: Sequence[FoldResult], names: Sequence[str]) -> list[list[str]]:
    return [
        [str(seed), protocol, *(_number(metrics.get(name, np.nan)) for name in names)]
        for seed, protocol, metrics in results
    ]


def _summary(
    seed: str, values: Sequence[Sequence[float]] | Sequence[np.ndarray]
) -> list[list[str]]:
    spread = np.std(values, axis=0, ddof=1) if len(values) > 1 else np.full(len(values[0]), np.nan)
    return [
        [seed, "mean", *map(_number, np.mean(values, axis=0))],
        [seed, "sd", *map(_number, spread)],
    ]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6f}"


def results_dir(root: Path, last_epoch: bool) -> Path:
    """Return the directory of all results, see :func:`cross_validate`."""
    return root / ("last" if last_epoch else "best")


def _experiment(root: Path, out: Path, seed: int, folds: Sequence[Fold]) -> Path:
    """Return the experiment directory of a seed, with copies of `config.yml` and of the folds."""
    experiment = out / f"seed{seed}"
    config = (root / CONFIG).read_text(encoding="utf-8")
    clips = {fold.protocol: {"test": sorted(fold.tested), "hash": fold.digest} for fold in folds}
    for name, what, content in (
        (CONFIG, str(root / CONFIG), config),
        (FOLDS, "the clips, labels or groups", yaml.safe_dump(clips)),
    ):
        # all seeds are in one table
        for copy in sorted(out.glob(f"seed*/{name}")):
            if copy.read_text(encoding="utf-8") != content:
                raise ValueError(
                    f"{what}: differs from {copy}, which earlier folds were trained with; use "
                    "another directory"
                )
        if not (experiment / name).exists():
            write_text(experiment / name, content)
    return experiment


def _progress(experiment: Path, fold: Fold) -> tuple[TrainDir, int]:
    """Return the directory of a fold, and its last epoch."""
    train_dir = TrainDir.of(experiment, fold.protocol, fold.subset)
    return train_dir, (train_dir.epochs() or [0])[-1]


def _validated(
    use: Use, train_dir: TrainDir, development: tuple[str, str], end: int
) -> ValidateDir:
    """Choose the best epoch, unless an earlier run did."""
    protocol, subset = development
    preprocessors = Config(train_dir.root, use.trust).preprocessors()
    items = use.application.items(get_protocol(protocol, preprocessors), subset)
    metric = use.application.choose_metric(None, items)
    validate_dir = train_dir.validate_dir(metric, protocol, subset)
    if not _is_newer(validate_dir.params, train_dir.checkpoint(end)):
        validate_dir, _ = validate(
            train_dir=train_dir, protocol=protocol, subset=subset, **use._asdict()
        )
    return validate_dir


def _applied(
    use: Use, trained: TrainDir | ValidateDir, protocol: str
) -> tuple[Path, dict[str, float]]:
    """Return the path of the results of the test subset, without suffix, and its metrics.

    An earlier run may have written them.
    """
    if isinstance(trained, ValidateDir):
        model, epoch = trained.params, Params.read(trained.params, use.application.name).epoch
    else:
        epoch = trained.epochs()[-1]
        model = trained.checkpoint(epoch)
    output = trained.apply_dir(epoch) / f"{protocol}.test"
    written = output.with_name(f"{output.name}{METRICS}")
    if not _is_newer(written, model):
        apply(directory=trained, protocol=protocol, subset="test", **use._asdict())
    rows = read_table(
        written,
        # empty if the metric is not defined
        lambda row: (row["metric"], float(row["value"] or "nan")),
        "remove it",
        delimiter="\t",
    )
    return output, dict(rows)


def _is_newer(path: Path, source: Path) -> bool:
    return path.exists() and path.stat().st_mtime >= source.stat().st_mtime
