"""Metrics of SONYC-UST, for clips with its labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyannote_strf.metrics.sonyc import COARSE, FINE, OfficialMetrics, PlainMetrics
from pyannote_strf.tags import UNKNOWN, TagTable

METRICS = ("macro_auprc", "micro_auprc", "micro_f1")


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
        **{f"official_coarse_{name}": getattr(official, name) for name in METRICS},
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
        f"{kind}_{level}_{name}": getattr(metrics, name)
        for kind, metrics in (("official", official), ("plain", plain))
        for name in METRICS
    }
