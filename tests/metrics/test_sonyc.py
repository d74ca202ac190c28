import itertools
import warnings

import numpy as np
import pytest
from sklearn.metrics import auc, f1_score, precision_recall_curve

from pyannote_strf.metrics.sonyc import OfficialMetrics, PlainMetrics

CATEGORIES = ["engine"] * 3 + ["impact"] * 4 + ["dog"]
NAMES = ("macro_auprc", "micro_auprc", "micro_f1")


# the definitions, one clip, threshold and label at a time


def direct_counts(targets, found, uncertain, found_uncertain):
    """Labels of one clip and category found, false and missed, as in the official code."""
    pairs = list(zip(targets, found))
    hits = sum(t and f for t, f in pairs)
    alarms = 0 if uncertain else sum(f and not t for t, f in pairs)
    misses = sum(t and not f for t, f in pairs)
    any_found = any(found) or found_uncertain
    if uncertain and any_found and not any(t and f for t, f in pairs):
        hits += 1
    if not uncertain and not any(targets) and found_uncertain and not all(found):
        alarms += 1
    if uncertain and not any(targets) and not any_found:
        misses += 1
    return hits, alarms, misses


def direct_rows(targets, scores, uncertain, uncertain_scores):
    """Counts of a category at each threshold, in descending order."""
    thresholds = sorted({s for row in scores for s in row if s >= 0.01} | {1.0}, reverse=True)
    rows = []
    for threshold in thresholds:
        counts = [
            direct_counts(t, [s >= threshold for s in row], x, sx >= threshold)
            for t, row, x, sx in zip(targets, scores, uncertain, uncertain_scores)
        ]
        rows.append((threshold, *map(sum, zip(*counts))))
    return rows


def direct_rates(hits, alarms, misses):
    return hits / max(hits + alarms, 0.5), hits / max(hits + misses, 0.5)


def direct_area(points):
    """Area under (precision, recall) points in the order of recall."""
    points = [(1.0, 0.0), *sorted(points, key=lambda point: point[1]), (0.0, 1.0)]
    return sum((p0 + p1) / 2 * (r1 - r0) for (p0, r0), (p1, r1) in itertools.pairwise(points))


def direct_official(targets, scores, categories, uncertain, uncertain_scores):
    tables = []
    for category in dict.fromkeys(categories):
        columns = [c for c, each in enumerate(categories) if each == category]
        tables.append(
            direct_rows(
                targets[:, columns].tolist(),
                scores[:, columns].tolist(),
                uncertain[category].tolist(),
                uncertain_scores[category].tolist(),
            )
        )
    areas = [direct_area([direct_rates(*row[1:]) for row in table]) for table in tables]
    union = sorted({row[0] for table in tables for row in table})
    points = []
    for threshold in union:
        last = [[row for row in table if row[0] >= threshold][-1] for table in tables]
        points.append(direct_rates(*map(sum, list(zip(*last))[1:])))
    p, r = points[next(i for i, t in enumerate(union) if t >= 0.5)]
    f1 = 2 / (1 / p + 1 / r) if p and r else 0.0
    return {
        "macro_auprc": sum(areas) / len(areas),
        "micro_auprc": direct_area(points),
        "micro_f1": f1,
        "areas": areas,
    }


def arnault_auprc(targets, scores):
    precision, recall, _ = precision_recall_curve(targets, scores)
    return auc(np.r_[1.0, recall, 0.0], np.r_[0.0, precision, 1.0])


def direct_plain(targets, scores):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        areas = [arnault_auprc(t, s) if t.any() else np.nan for t, s in zip(targets.T, scores.T)]
        return {
            "macro_auprc": np.nanmean(areas),
            "micro_auprc": arnault_auprc(targets.ravel(), scores.ravel()),
            "micro_f1": f1_score(targets.ravel(), np.around(scores).ravel(), zero_division=0),
        }


def random_case(seed, num_clips=None):
    """Targets and scores with ties, empty and full classes, and scores of exactly 0, 0.5 and 1."""
    rng = np.random.default_rng(seed)
    num_clips = num_clips or int(rng.integers(1, 20))
    shape = num_clips, len(CATEGORIES)
    targets = rng.random(shape) < rng.choice([0.1, 0.3, 0.8])
    targets[:, rng.integers(shape[1])] = rng.integers(2)
    levels = rng.choice([4, 10, 10**6])
    scores = rng.integers(0, levels + 1, shape) / levels
    uncertain = {name: rng.random(num_clips) < 0.3 for name in ("engine", "impact", "dog")}
    others = {name: rng.integers(0, levels + 1, num_clips) / levels for name in uncertain}
    return targets, scores, uncertain, others, rng


def check_official(seed):
    targets, scores, uncertain, others, rng = random_case(seed)
    metrics = OfficialMetrics(targets, scores, CATEGORIES, uncertain, others)
    for weights in (np.ones(len(targets), dtype=int), rng.integers(0, 3, len(targets))):
        if not weights.sum():
            continue
        rows = np.repeat(np.arange(len(targets)), weights)
        expected = direct_official(
            targets[rows],
            scores[rows],
            CATEGORIES,
            {name: values[rows] for name, values in uncertain.items()},
            {name: values[rows] for name, values in others.items()},
        )
        areas = [metrics.category_auprc(number, weights) for number in range(3)]
        assert areas == pytest.approx(expected.pop("areas"), abs=1e-9, rel=0), seed
        found = {name: getattr(metrics, name)(weights) for name in NAMES}
        assert found == pytest.approx(expected, abs=1e-9, rel=0), seed


def check_plain(seed):
    targets, scores, _, _, rng = random_case(seed)
    metrics = PlainMetrics(targets, scores)
    for weights in (np.ones(len(targets), dtype=int), rng.integers(0, 3, len(targets))):
        rows = np.repeat(np.arange(len(targets)), weights)
        if not targets[rows].any():
            continue
        found = {name: getattr(metrics, name)(weights) for name in NAMES}
        assert found == pytest.approx(direct_plain(targets[rows], scores[rows]), abs=1e-9, rel=0)


@pytest.mark.parametrize("seed", range(25))
def test_official_metrics_match_their_definitions(seed):
    check_official(seed)


@pytest.mark.parametrize("seed", range(25))
def test_plain_metrics_match_their_definitions(seed):
    check_plain(seed)


# worked by hand


@pytest.mark.parametrize(
    ("target", "found", "uncertain", "found_uncertain", "hits", "alarms", "misses"),
    [
        ([1, 0], [1, 0], 0, 0, 1, 0, 0),
        ([1, 0], [0, 1], 0, 0, 0, 1, 1),
        # any label finds a sound of uncertain size, and none is a false alarm
        ([0, 0], [0, 1], 1, 0, 1, 0, 0),
        ([0, 0], [1, 1], 1, 0, 1, 0, 0),
        ([0, 0], [0, 0], 1, 1, 1, 0, 0),
        ([0, 0], [0, 0], 1, 0, 0, 0, 1),
        ([1, 0], [1, 1], 1, 0, 1, 0, 0),
        ([1, 0], [0, 1], 1, 0, 1, 0, 1),
        # an uncertain label that is found without a reference is one more false alarm
        ([0, 0], [0, 1], 0, 1, 0, 2, 0),
        ([0, 0], [1, 1], 0, 1, 0, 2, 0),
        ([1, 0], [0, 0], 0, 1, 0, 0, 1),
    ],
)
def test_labels_of_a_clip_are_counted_as_published(
    target, found, uncertain, found_uncertain, hits, alarms, misses
):
    # at threshold 0.5, labels with a score of 0.9 are found
    scores = 0.1 + 0.8 * np.array([found])
    metrics = OfficialMetrics(
        [target],
        scores,
        ["a", "a"],
        {"a": np.array([uncertain])},
        {"a": np.array([0.9 * found_uncertain])},
    )
    (curve,) = metrics.curves
    at = np.flatnonzero(curve.thresholds >= 0.5)[-1]
    if not any(found) and found_uncertain:
        # scores of uncertain labels are no thresholds
        assert curve.thresholds.tolist() == [1.0, 0.1]
        return
    assert curve.counts(np.ones(1))[:, at].tolist() == [hits, alarms, misses]


def test_official_area_starts_at_the_threshold_of_one():
    """Points are (0, 1), (0, 0) at threshold 1, (1, 1) at 0.9, (1, 1/2) at 0.4, and (1, 0)."""
    metrics = OfficialMetrics([[1], [0]], [[0.9], [0.4]], ["a"])
    assert metrics.macro_auprc(np.ones(2)) == pytest.approx(0.5)
    assert PlainMetrics([[1], [0]], [[0.9], [0.4]]).macro_auprc(np.ones(2)) == pytest.approx(1)


def test_scores_below_a_hundredth_are_no_official_thresholds():
    metrics = OfficialMetrics([[1], [1]], [[1.0], [0.009]], ["a"])
    (curve,) = metrics.curves
    assert curve.thresholds.tolist() == [1.0]
    # from (0, 1) to (1/2, 1) to (1, 0)
    assert metrics.macro_auprc(np.ones(2)) == pytest.approx(0.75)


def test_official_fine_average_is_over_categories():
    targets = [[1, 0, 1], [0, 1, 0]]
    scores = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    metrics = OfficialMetrics(targets, scores, ["a", "a", "b"])
    # 1 in category a; from (0, 1) to (0, 0) to (1, 0) in category b
    assert metrics.macro_auprc(np.ones(2)) == pytest.approx(0.5)


def test_plain_area_is_the_trapezoid_and_not_average_precision():
    targets = np.array([1, 0, 1, 0, 0, 1, 0, 0])[:, None]
    metrics = PlainMetrics(targets, np.arange(0.9, 0.1, -0.1)[:, None])
    assert metrics.macro_auprc(np.ones(8)) == pytest.approx(0.67778, abs=1e-5)


@pytest.mark.parametrize(
    ("targets", "scores", "message"),
    [
        ([[1]], [[1.5]], "scores from 0 to 1"),
        ([[1]], [[np.nan]], "scores from 0 to 1"),
        ([[1, 0]], [[0.5]], r"got \(1, 2\) and \(1, 1\)"),
    ],
)
def test_invalid_scores_are_refused(targets, scores, message):
    for metrics in (lambda *arguments: OfficialMetrics(*arguments, ["a"]), PlainMetrics):
        with pytest.raises(ValueError, match=message):
            metrics(targets, scores)
