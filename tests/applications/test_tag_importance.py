"""Importance of filters for audio tagging."""

import numpy as np
import pytest
from pyannote.database import FileFinder

from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.tag.clips import get_clips
from pyannote_strf.database.protocols import get_protocol
from pyannote_strf.metrics.tagging import class_scores
from pyannote_strf.pipelines import AudioTagging
from pyannote_strf.tags import tag_table
from tests.conftest import CLIPS
from tests.tasks.clips import RATE, SEVERAL, SINGLE, clip_protocol, prepared

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.mark.parametrize("subsets", [SINGLE, SEVERAL], ids=["single", "several"])
def test_losses_and_errors_are_those_of_scores(tmp_path, subsets):
    rng = np.random.default_rng(0)
    # clips of 0.5 s that change: windows of 0.2 s differ
    fade = np.linspace(0, 1, RATE // 2)
    samples = {
        uri: fade * np.sin(rng.uniform(500, 3000) * fade) + 0.01 * rng.standard_normal(len(fade))
        for uri in subsets["development"]
    }
    model = prepared(clip_protocol(tmp_path, subsets, samples), duration=0.2).model.eval()
    # scores of a new model hardly depend on the clip
    model.classifier.weight.data *= 1000
    protocol = get_protocol(CLIPS, {"audio": FileFinder()})
    measure = get_application("tag").importance(model, protocol, "development")
    pipeline = AudioTagging(model)
    clips = get_clips(protocol, "development", evaluated=True)
    windows = [found.scores for found in pipeline.windows(clips)]
    scores = np.stack([found.mean(axis=0) for found in windows])
    middles = np.stack([found[len(found) // 2] for found in windows]).astype(float)
    targets = tag_table(list(subsets["development"].items())).targets
    if subsets is SINGLE:
        assert measure.metric == "error rate"
        expected = -np.log(middles)[targets == 1].sum()
        error = np.mean(scores.argmax(axis=1) != targets.argmax(axis=1))
    else:
        assert measure.metric == "1 - mean average precision"
        logs = np.where(targets == 1, np.log(middles), np.log1p(-middles))
        expected = -len(clips) * logs[targets >= 0].mean()
        error = 1 - class_scores(targets, scores).mean_average_precision
    losses = sum(float(loss()) for loss in measure.losses())
    assert losses == pytest.approx(expected, rel=1e-4)
    assert measure.error() == pytest.approx(100 * error, abs=1e-4)
