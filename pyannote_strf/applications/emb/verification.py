"""Scoring of trials, and evaluation of the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from pyannote.audio import Model

from pyannote_strf.analysis.pictures.detection_error_tradeoff import tradeoffs_figure
from pyannote_strf.applications.emb.cohort import mean_embeddings
from pyannote_strf.applications.emb.embedding import embed_sides
from pyannote_strf.applications.types import ApplyResult, EpochScore, Job
from pyannote_strf.files import atomic_write, write_text
from pyannote_strf.metrics.score_normalisation import adaptive_s_norm, trial_scores
from pyannote_strf.metrics.verification import (
    Tradeoff,
    bootstrap_interval,
    equal_error_rate,
    min_detection_cost,
    tradeoff,
)
from pyannote_strf.pipelines import SpeakerVerification
from pyannote_strf.progress import Progress

TARGET_PRIORS = (0.01, 0.05)

# columns of speakers, in the table of scores
SPEAKERS = ("speaker1", "speaker2")


@dataclass(frozen=True)
class Errors:
    """Errors of one kind of scores.

    Attributes
    ----------
    equal_error_rate : float
    interval : (float, float) or None
        95 % confidence interval of the equal error rate. None if the speakers are unknown.
    min_detection_costs : dict of float to float
        Minimum detection costs, by target prior.
    """

    equal_error_rate: float
    interval: tuple[float, float] | None
    min_detection_costs: dict[float, float]


def score(model: Model, trials: list[dict], what: str, progress: Progress) -> EpochScore:
    """Return the equal error rate of trials, and its threshold."""
    pipeline = SpeakerVerification(model)
    embeddings, sides = embed_sides(pipeline, trials, what, progress)
    reference = [trial["reference"] for trial in trials]
    found = equal_error_rate(tradeoff(reference, trial_scores(embeddings, sides)))
    # rounding errors may make cosine similarities larger than 1
    return EpochScore(found.rate, {"threshold": float(np.clip(found.threshold, -1.0, 1.0))})


def verify(job: Job) -> ApplyResult:
    """Score trials, raw and after adaptive s-norm, and evaluate the scores.

    This writes the scores of each trial (`.scores`), with its speakers if they are known, error
    rates (`.eval`), and detection error tradeoff curves (`.png`).

    Returns
    -------
    result : ApplyResult
        `result` is a dict of str to Errors, by kind of scores: "raw", and "s-norm" if it was asked
        for.

    Raises
    ------
    ValueError
        If the files of the cohort cannot be read, or have fewer than two speakers.
    """
    pipeline = cast(SpeakerVerification, job.pipeline)
    cohort = np.empty((0, 0))
    if job.options.s_norm:
        try:
            cohort = mean_embeddings(pipeline, job.training_files(), job.progress)
        except ValueError as error:
            raise ValueError(
                f"training speakers for s-norm: {error}; use --raw to skip s-norm"
            ) from error

    trials = job.items
    reference = np.array([trial["reference"] for trial in trials])
    embeddings, sides = embed_sides(pipeline, trials, "trials", job.progress)
    scores = {"raw": trial_scores(embeddings, sides)}
    if job.options.s_norm:
        scores["s-norm"] = adaptive_s_norm(scores["raw"], sides, embeddings, cohort)

    curves = {kind: tradeoff(reference, values) for kind, values in scores.items()}
    speakers = _speakers(trials)
    errors = _errors(reference, scores, curves, speakers, job.progress)
    paths = [job.path(suffix) for suffix in (".scores", ".eval", ".png")]
    write_text(paths[0], _table_of_scores(trials, speakers, scores))
    with atomic_write(paths[2]) as temporary:
        tradeoffs_figure(curves, job.output.name).savefig(temporary, format="png", dpi=120)
    write_text(paths[1], _table_of_errors(errors))
    return ApplyResult(
        paths,
        header=["scores", "EER", "95 %", *(f"minDCF({prior})" for prior in TARGET_PRIORS)],
        rows=[_row(kind, each) for kind, each in errors.items()],
        notes=[f"s-norm: cohort of {len(cohort)} training speakers"] if len(cohort) else [],
        result=errors,
    )


def _errors(
    reference: np.ndarray,
    scores: dict[str, np.ndarray],
    curves: dict[str, Tradeoff],
    speakers: list[list[str]] | None,
    progress: Progress,
) -> dict[str, Errors]:
    errors = {}
    for done, (kind, curve) in enumerate(curves.items()):
        progress("resampling speakers", done, len(curves))
        interval = bootstrap_interval(reference, scores[kind], speakers) if speakers else None
        costs = {prior: min_detection_cost(curve, prior) for prior in TARGET_PRIORS}
        errors[kind] = Errors(equal_error_rate(curve).rate, interval, costs)
    progress("resampling speakers", len(curves), len(curves))
    return errors


def _row(kind: str, errors: Errors) -> list[str]:
    """Return a row of the table that the command shows."""
    interval = "speakers unknown"
    if errors.interval:
        interval = " to ".join(f"{100 * edge:.2f}" for edge in errors.interval) + " %"
    costs = (f"{cost:.3f}" for cost in errors.min_detection_costs.values())
    return [kind, f"{100 * errors.equal_error_rate:.2f} %", interval, *costs]


def _speakers(trials: list[dict]) -> list[list[str]] | None:
    """Return the speakers of both sides of each trial, or None if they are unknown.

    They are known if each recording has an annotation with one speaker, and annotations agree with
    the reference of each trial. They disagree if names of speakers hold within one recording only.
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


def _table_of_scores(
    trials: list[dict], speakers: list[list[str]] | None, scores: dict[str, np.ndarray]
) -> str:
    names = SPEAKERS if speakers else ()
    lines = ["\t".join(["reference", "file1", "file2", *scores, *names])]
    for number, (trial, *values) in enumerate(zip(trials, *scores.values())):
        sides = (trial[side]["uri"] for side in ("file1", "file2"))
        known = speakers[number] if speakers else ()
        numbers = (f"{value:.6f}" for value in values)
        lines.append("\t".join([str(trial["reference"]), *sides, *numbers, *known]))
    return "\n".join(lines) + "\n"


def _table_of_errors(errors: dict[str, Errors]) -> str:
    priors = [f"minDCF({prior})" for prior in TARGET_PRIORS]
    lines = ["\t".join(["scores", "EER", "low", "high", *priors])]
    for kind, each in errors.items():
        interval = each.interval or ("", "")
        rates = (each.equal_error_rate, *interval, *each.min_detection_costs.values())
        lines.append("\t".join([kind, *(f"{r:.6f}" if r != "" else "" for r in rates)]))
    return "\n".join(lines) + "\n"
