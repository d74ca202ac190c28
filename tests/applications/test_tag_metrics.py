from types import SimpleNamespace

import numpy as np
import pytest

from pyannote_strf.applications.tag.clips import choose_metric, score
from pyannote_strf.applications.tag.metrics import metrics_of
from pyannote_strf.metrics.ranked_clips import RankedLabels
from pyannote_strf.metrics.sonyc import COARSE, FINE
from pyannote_strf.tags import tag_table
from tests.metrics.test_sonyc import direct_official, direct_plain

CATEGORIES = [label[0] for label in FINE]


def random_clips(seed, classes, uncertain=0.0, num_clips=12):
    """Tags of clips. In some categories, labels that are not positive are unknown."""
    rng = np.random.default_rng(seed)
    clips, flags = [], {label[0]: np.zeros(num_clips, dtype=bool) for label in classes}
    for number in range(num_clips):
        tags = dict(zip(classes, (rng.random(len(classes)) < 0.3).tolist()))
        for category in flags:
            of_category = [label for label in classes if label[0] == category]
            if rng.random() < uncertain and not all(tags[label] for label in of_category):
                flags[category][number] = True
                for label in of_category:
                    if not tags[label]:
                        del tags[label]
        clips.append((str(number), tags))
    return clips, flags, rng.integers(0, 11, (num_clips, len(classes))) / 10


def values_of(metrics, prefix, num_clips=12):
    return {
        name.removeprefix(prefix): metric(np.ones(num_clips))
        for name, metric in metrics.items()
        if name.startswith(prefix)
    }


def of_categories(direct):
    """Name the areas of categories, in the order of the corpus."""
    areas = dict(zip((f"auprc_{label}" for label in COARSE), direct.pop("areas")))
    return {**direct, **areas}


@pytest.mark.parametrize("seed", range(3))
def test_fine_labels_of_sonyc_have_its_metrics(seed):
    clips, flags, scores = random_clips(seed, FINE, uncertain=0.4)
    table = tag_table(clips, FINE)
    metrics = metrics_of(table, scores)
    found = table.targets == 1
    zeros = {name: np.zeros(12) for name in flags}
    expected = direct_official(found, scores, CATEGORIES, flags, zeros)
    assert values_of(metrics, "official_fine_") == pytest.approx(of_categories(expected))
    assert values_of(metrics, "plain_fine_") == pytest.approx(direct_plain(found, scores))
    columns = [[c for c, each in enumerate(CATEGORIES) if each == name] for name in flags]
    coarse = np.stack(
        [found[:, c].any(axis=1) | flags[name] for name, c in zip(flags, columns)], axis=1
    )
    highest = np.stack([scores[:, c].max(axis=1) for c in columns], axis=1)
    none = {name: np.zeros(12, dtype=bool) for name in flags}
    expected = direct_official(coarse, highest, list(flags), none, zeros)
    assert values_of(metrics, "official_coarse_") == pytest.approx(of_categories(expected))


def test_coarse_labels_of_sonyc_have_its_metrics_if_all_are_known():
    clips, flags, scores = random_clips(0, COARSE)
    table = tag_table(clips, COARSE)
    metrics = metrics_of(table, scores)
    none = {name: np.zeros(12, dtype=bool) for name in flags}
    expected = direct_official(table.targets == 1, scores, list(flags), none, none)
    assert values_of(metrics, "official_coarse_") == pytest.approx(of_categories(expected))
    expected = direct_plain(table.targets == 1, scores)
    assert values_of(metrics, "plain_coarse_") == pytest.approx(expected)
    del clips[0][1][COARSE[0]]
    assert not any("coarse" in name for name in metrics_of(tag_table(clips, COARSE), scores))


def test_official_metrics_of_unknown_coarse_labels_are_refused(monkeypatch):
    clips, _, scores = random_clips(0, COARSE)
    del clips[0][1][COARSE[0]]
    files = [{"uri": uri, "tags": tags} for uri, tags in clips]
    pipeline = SimpleNamespace(labels=list(COARSE), is_single=False)
    monkeypatch.setattr("pyannote_strf.applications.tag.clips.score_clips", lambda *_: scores)
    metric = choose_metric("official_coarse_macro_auprc", files)
    with pytest.raises(ValueError, match="use mean_average_precision or roc_auc"):
        score(pipeline, files, metric, "epoch 1", None)


def test_other_labels_have_general_metrics_only():
    clips, _, scores = random_clips(0, ("1-1_dog", "1-2_rain"))
    table = tag_table(clips)
    metrics = metrics_of(table, scores)
    assert list(metrics) == ["mean_average_precision", "roc_auc", "lwlrap"]
    ones = np.ones(12)
    expected = RankedLabels(table.targets, scores).label_weighted_precision(ones)
    assert metrics["lwlrap"](ones) == expected


@pytest.mark.parametrize(
    ("labels", "fine", "coarse"),
    [(FINE, True, True), (COARSE, False, True), (("dog", "rain"), False, False)],
)
def test_epochs_are_compared_by_official_metrics_of_labels_of_sonyc_only(labels, fine, coarse):
    clips = [{"tags": {label: True}} for label in labels]
    assert choose_metric(None, clips) == "mean_average_precision"
    for metric, valid in (
        ("official_fine_macro_auprc", fine),
        ("official_coarse_macro_auprc", coarse),
    ):
        if valid:
            assert choose_metric(metric, clips) == metric
        else:
            with pytest.raises(ValueError, match=f"'{metric}' is for other labels of SONYC-UST"):
                choose_metric(metric, clips)
