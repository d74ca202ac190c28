"""Metrics of SONYC-UST, for clips with its labels."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import numpy as np

from pyannote_strf.metrics.sonyc import COARSE, FINE, OfficialMetrics, PlainMetrics
from pyannote_strf.tags import UNKNOWN, TagTable

METRICS = ("macro_auprc", "micro_auprc", "micro_f1")

# metrics that systems are ranked by, by level of labels
RANKING = {level: f"official_{level}_macro_auprc" for level in ("fine", "coarse")}


def rankings(labels: Collection[str]) -> tuple[str, ...]:
    """Return the metrics that systems are ranked by. None of labels of other corpora.

    >>> rankings(COARSE)
    ('official_coarse_macro_auprc',)
    """
    if set(labels) == set(FINE):
        return tuple(RANKING.values())
    return (RANKING["coarse"],) if set(labels) == set(COARSE) else ()


def sonyc_metrics(table: TagTable, scores: np.ndarray) -> dict[str, Callable]:
    """Return the official and the plain metrics of coarse or fine labels. None of other labels.

    Fine labels of a category that are unknown are taken as uncertain, as the corpus has them. The
    official metrics of coarse labels are also computed from the maximum of fine scores, as in the
    official baseline.

    Parameters
    ----------
    table : TagTable
    scores : (clip, class) array

    Returns
    -------
    metrics : dict of str to callable
        Functions from the (clip,) weights of clips to the value of each metric.
    """
    found = table.targets == 1
    unknown = table.targets == UNKNOWN
    categories = [label[0] for label in table.classes]
    if set(table.classes) == set(COARSE) and not unknown.any():
        return _named("coarse", found, scores, categories)
    if set(table.classes) != set(FINE):
        return {}
    names = sorted(set(categories))
    columns = [np.array(categories) == name for name in names]
    uncertain = {name: unknown[:, each].any(axis=1) for name, each in zip(names, columns)}
    coarse = np.stack([(found | unknown)[:, each].any(axis=1) for each in columns], axis=1)
    highest = np.stack([scores[:, each].max(axis=1) for each in columns], axis=1)
    official = OfficialMetrics(coarse, highest, names)
    return {
        **_named("fine", found, scores, categories, uncertain),
        **_official("coarse", official, names),
    }


def _named(
    level: str,
    found: np.ndarray,
    scores: np.ndarray,
    categories: list[str],
    uncertain: dict[str, np.ndarray] | None = None,
) -> dict[str, Callable]:
    official = OfficialMetrics(found, scores, categories, uncertain)
    plain = PlainMetrics(found, scores)
    return {
        **_official(level, official, categories),
        **{f"plain_{level}_{name}": getattr(plain, name) for name in METRICS},
    }


def _official(
    level: str, metrics: OfficialMetrics, categories: list[str]
) -> dict[str, Callable[[np.ndarray], float]]:
    named = {label[0]: label for label in COARSE}
    return {
        **{f"official_{level}_{name}": getattr(metrics, name) for name in METRICS},
        **{
            f"official_{level}_auprc_{named[category]}": partial(metrics.category_auprc, number)
            for number, category in enumerate(dict.fromkeys(categories))
        },
    }
