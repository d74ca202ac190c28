import pytest

from pyannote_strf.corpora import find
from pyannote_strf.database.check import check
from tests.corpora.clip_corpora import write_nonverbal
from tests.corpora.folders import init, write_audio
from tests.corpora.test_zebra_finch import subsets_of, values

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def test_folds_hold_other_speakers(tmp_path):
    init(tmp_path, nonverbal=write_nonverbal(tmp_path / "nonverbal"))
    tested = []
    for fold in range(1, 6):
        assert check(f"Nonverbal.Protocol.Fold{fold}").problems == []
        subsets = subsets_of(f"Nonverbal.Protocol.Fold{fold}")
        speakers = [values(clips, 1) for clips in subsets.values()]
        assert sum(map(len, speakers)) == len(set.union(*speakers)) == 5
        assert all(values(clips, 0) == {"coughing", "crying"} for clips in subsets.values())
        assert all(uri.startswith(f"{tags}/") for uri, (tags, _) in subsets["test"].items())
        tested += subsets["test"]
    assert len(tested) == len(set(tested)) == 20


def test_missing_classes_are_said(tmp_path):
    (note,) = find("nonverbal", write_nonverbal(tmp_path / "nonverbal")).notes
    assert note.startswith("Nonverbal: no clips of laughing, lip-popping,")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            ["coughing/A1B_4_1_0_27_0_0_0.wav", "copy/coughing/A1B_4_1_0_27_0_0_0.wav"],
            "found coughing/A1B_4_1_0_27_0_0_0 twice: .*; give the folder of one of them",
        ),
        (["couging/A1B_4_1_0_27_0_0_0.wav"], "'couging' is not a class; did you mean 'coughing'"),
        (["coughing/A1B_4_1_0_27_0_0_0.wav"], "coughing: clips of 1 groups cannot be in 5 folds"),
        (["coughing/mine.wav"], "clips not found .expected dataset/coughing/"),
    ],
)
def test_mistakes_in_copies_are_refused(tmp_path, files, message):
    for name in files:
        write_audio(tmp_path / name, 0.1)
    with pytest.raises(ValueError, match=message):
        find("nonverbal", tmp_path)


def test_published_clips_are_divided_by_speaker(tmp_path, shared):
    corpus = find("nonverbal", shared / "data" / "nonverbal")
    assert corpus.notes == ()
    sizes = [len(corpus.lists[f"nonverbal/Fold{fold}.test.lst"]) for fold in range(1, 6)]
    assert sum(sizes) == 616
    assert max(sizes) - min(sizes) <= 5
