"""Score the trials of a protocol, and evaluate the scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pyannote_strf.analysis.pictures.detection_error_tradeoff import save_tradeoffs
from pyannote_strf.applications.emb.cohort import mean_embeddings
from pyannote_strf.applications.emb.validate import (
    embed_sides,
    verification_pipeline,
)
from pyannote_strf.database.protocols import get_files, get_protocol, get_trials
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.layout import ValidateDir
from pyannote_strf.experiment.params import load_params
from pyannote_strf.experiment.progress import Progress, silent
from pyannote_strf.files import check_writable, remove_partial, write_text
from pyannote_strf.metrics.score_normalisation import adaptive_s_norm, trial_scores
from pyannote_strf.metrics.verification import (
    bootstrap_interval,
    equal_error_rate,
    min_detection_cost,
    tradeoff,
)

TARGET_PRIORS = (0.01, 0.05)


@dataclass(frozen=True)
class Errors:
    """Errors of one kind of scores.

    Attributes
    ----------
    equal_error_rate : float
    interval : (float, float) or None
        95 % confidence interval of it. None where nothing says who the speakers are.
    min_detection_costs : dict of float to float
        By target prior.
    """

    equal_error_rate: float
    interval: tuple[float, float] | None
    min_detection_costs: dict[float, float]


@dataclass(frozen=True)
class Applied:
    """What `apply` made.

    Attributes
    ----------
    scores, evaluation, picture : Path
        Scores of each trial, errors, and detection error tradeoff.
    errors : dict of str to Errors
        By kind of scores: "raw", and "s-norm" unless it was left out.
    cohort : int
        Number of speakers that scores were normalised by.
    """

    scores: Path
    evaluation: Path
    picture: Path
    errors: dict[str, Errors]
    cohort: int


def apply(
    validate_dir: ValidateDir,
    protocol: str,
    subset: str = "test",
    s_norm: bool = True,
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> Applied:
    """Score trials with the best epoch's model.

    Parameters
    ----------
    validate_dir : ValidateDir
    protocol, subset : str
        Whose trials.
    s_norm : bool, optional
        Also normalise scores by the speakers that the model was trained on (adaptive s-norm).
        Defaults to True.
    device : torch.device, optional
    progress : callable, optional
        See :data:`~pyannote_strf.experiment.progress.Progress`.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Returns
    -------
    applied : Applied
    """
    epoch, parameters = load_params(validate_dir)
    check_writable(validate_dir.apply_dir(epoch))
    remove_partial(validate_dir.apply_dir(epoch), f"{protocol}.{subset}.*")
    train_dir = validate_dir.train_dir
    preprocessors = Config(train_dir.root, trust).preprocessors()
    trials = get_trials(get_protocol(protocol, preprocessors), subset)
    if set(parameters) != {"threshold"}:
        raise ValueError(f"{validate_dir.params}: not of `emb validate`; run it to write it anew")
    pipeline = verification_pipeline(
        train_dir.checkpoint(epoch), device or torch.device("cpu"), trust=trust, **parameters
    )
    cohort = np.empty((0, 0))
    if s_norm:
        trained_on, _, trained_subset = train_dir.path.resolve().name.rpartition(".")
        try:
            files = get_files(get_protocol(trained_on, preprocessors), trained_subset)
        except ValueError as error:
            raise ValueError(
                f"speakers to normalise by: {error}; `--raw` does without them"
            ) from error
        cohort = mean_embeddings(pipeline, files, progress)

    reference = np.array([trial["reference"] for trial in trials])
    embeddings, sides = embed_sides(pipeline, trials, "trials", progress)
    scores = {"raw": trial_scores(embeddings, sides)}
    if s_norm:
        scores["s-norm"] = adaptive_s_norm(scores["raw"], sides, embeddings, cohort)

    speakers = _speakers(trials)
    curves = {kind: tradeoff(reference, values) for kind, values in scores.items()}
    errors = {}
    for done, (kind, curve) in enumerate(curves.items()):
        progress("resampling speakers", done, len(curves))
        interval = bootstrap_interval(reference, scores[kind], speakers) if speakers else None
        costs = {prior: min_detection_cost(curve, prior) for prior in TARGET_PRIORS}
        errors[kind] = Errors(equal_error_rate(curve).rate, interval, costs)
    progress("resampling speakers", len(curves), len(curves))

    output = validate_dir.apply_dir(epoch) / f"{protocol}.{subset}"
    applied = Applied(
        scores=Path(f"{output}.scores"),
        evaluation=Path(f"{output}.eval"),
        picture=Path(f"{output}.png"),
        errors=errors,
        cohort=len(cohort),
    )
    write_text(applied.scores, _table_of_scores(trials, scores))
    save_tradeoffs(applied.picture, curves, title=f"{protocol} ({subset})")
    write_text(applied.evaluation, _table_of_errors(errors))
    return applied


def _speakers(trials: list[dict]) -> list[list[str]] | None:
    """Who speaks on both sides, if annotation says so: one for each recording, as in the reference.

    Where names hold within one recording only, annotation and reference contradict each other.
    """
    pairs = []
    for trial in trials:
        annotations = [trial[side].get("annotation") for side in ("file1", "file2")]
        if any(annotation is None or len(annotation.labels()) != 1 for annotation in annotations):
            return None
        left, right = (annotation.labels()[0] for annotation in annotations)
        if (left == right) != bool(trial["reference"]):
            return None
        pairs.append([left, right])
    return pairs


def _table_of_scores(trials: list[dict], scores: dict[str, np.ndarray]) -> str:
    lines = ["\t".join(["reference", "file1", "file2", *scores])]
    for trial, *values in zip(trials, *scores.values()):
        sides = (trial[side]["uri"] for side in ("file1", "file2"))
        numbers = (f"{value:.6f}" for value in values)
        lines.append("\t".join([str(trial["reference"]), *sides, *numbers]))
    return "\n".join(lines) + "\n"


def _table_of_errors(errors: dict[str, Errors]) -> str:
    priors = [f"minDCF({prior})" for prior in TARGET_PRIORS]
    lines = ["\t".join(["scores", "EER", "low", "high", *priors])]
    for kind, of_kind in errors.items():
        interval = of_kind.interval or ("", "")
        rates = (of_kind.equal_error_rate, *interval, *of_kind.min_detection_costs.values())
        lines.append("\t".join([kind, *(f"{r:.6f}" if r != "" else "" for r in rates)]))
    return "\n".join(lines) + "\n"
