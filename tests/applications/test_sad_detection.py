from types import SimpleNamespace

import numpy as np
import pytest
from pyannote.core import Annotation, Segment, SlidingWindow, SlidingWindowFeature, Timeline
from pyannote.database.util import load_rttm

from pyannote_strf.applications.sad.comparison import comparable
from pyannote_strf.applications.sad.detection import detect
from pyannote_strf.applications.types import Job

WINDOW = SlidingWindow(start=0.0, duration=0.1, step=0.1)


def job(folder, names, regions, scores=True, speech=(2.0, 4.0)):
    """Detection in files of 10 s, whose frame scores grow."""
    annotated = Timeline([Segment(*region) for region in regions])
    files = []
    for name in names:
        reference = Annotation.from_records([(Segment(*speech), 0, "a")], uri=name)
        files.append({"uri": name, "annotation": reference, "annotated": annotated})
    frames = SlidingWindowFeature(np.linspace(0, 1, 100)[:, None], WINDOW)
    pipeline = SimpleNamespace(with_scores=lambda file: (file["annotation"], frames))
    options = SimpleNamespace(scores=scores)
    return Job(pipeline, files, folder / "out", options, list, lambda *_: None)


def test_white_space_in_names_becomes_an_underscore_in_rttm(tmp_path):
    detect(job(tmp_path, ["plain", "my file"], [(0, 10)]))
    assert sorted(load_rttm(tmp_path / "out.rttm")) == ["my_file", "plain"]
    assert (tmp_path / "out" / "my file.npz").is_file()


def test_scores_of_an_earlier_run_are_removed(tmp_path):
    detect(job(tmp_path, ["a", "folder/b"], [(0, 10)]))
    assert len(list((tmp_path / "out").rglob("*.npz"))) == 2
    detect(job(tmp_path, ["a"], [(0, 10)], scores=False))
    assert not list((tmp_path / "out").rglob("*.npz"))


def test_nested_regions_are_compared_like_their_union(tmp_path):
    areas = []
    for regions in ([(0, 10)], [(0, 10), (2, 5)]):
        detect(job(tmp_path, ["a"], regions))
        metric = comparable([tmp_path / "out"], 0.1).metrics["area under the ROC curve"]
        areas.append(metric.value(0, np.ones(1)))
    assert areas[0] == areas[1]


def test_a_file_may_be_called_total(tmp_path):
    detect(job(tmp_path, ["TOTAL", "a"], [(0, 10)]))
    assert comparable([tmp_path / "out"], 0.1).items == ["TOTAL", "a"]


@pytest.mark.parametrize(("regions", "kind"), [([(2.0, 4.0)], "without"), ([(5.0, 9.0)], "with")])
def test_an_area_without_both_kinds_of_frames_is_undefined(tmp_path, regions, kind):
    detect(job(tmp_path, ["a"], regions))
    (reason,) = (
        comparable([tmp_path / "out"], 0.1).metrics["area under the ROC curve"].missing.values()
    )
    assert reason.endswith(f"the area is undefined, no frame is {kind} speech")
