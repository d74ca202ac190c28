"""Upstream still has the defects that clip_protocols repairs."""

import pytest
from pyannote.audio.core.task import Task

from pyannote_strf.compat.clip_protocols import without_regions
from tests.tasks.clips import SINGLE, clip_protocol

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def opened(file):
    raise AssertionError("opened")


def test_upstream_still_refuses_protocols_without_scope(tmp_path):
    with pytest.raises(ValueError, match="must provide 'scope' information"):
        Task(clip_protocol(tmp_path, SINGLE))


def test_upstream_still_opens_the_first_file(tmp_path):
    protocol = clip_protocol(tmp_path, SINGLE, preprocessors={"annotated": opened})
    with pytest.raises(AssertionError, match="opened"):
        Task(protocol)


def test_protocols_of_clips_are_accepted_and_left_as_they_are(tmp_path):
    protocol = clip_protocol(tmp_path, SINGLE, preprocessors={"annotated": opened})
    before = dict(protocol.preprocessors)
    with without_regions(protocol):
        assert Task(protocol).has_validation
    assert protocol.preprocessors == before
    (tmp_path / "train.lst").write_text("")
    with pytest.raises(ValueError, match="subset has no clips"), without_regions(protocol):
        Task(protocol)
    assert protocol.preprocessors == before
