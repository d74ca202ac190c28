import pytest

from pyannote_strf.applications.tag.pooled import pool


def write_matrix(path, rows):
    path.write_text("\n".join(["reference,cat,dog", *rows]) + "\n")


def test_matrices_of_folds_are_added(tmp_path):
    write_matrix(tmp_path / "1.confusion.csv", ["cat,3,1", "dog,0,2"])
    write_matrix(tmp_path / "2.confusion.csv", ["cat,1,0", "dog,2,1"])
    pool([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    assert (tmp_path / "all.confusion.csv").read_text() == "reference,cat,dog\ncat,4,1\ndog,2,3\n"
    correct = (tmp_path / "all.correct.csv").read_text().splitlines()
    assert correct[1].startswith("all clips,10,0.700000,")


def test_a_class_may_be_called_reference(tmp_path):
    for fold in "12":
        matrix = "reference,noise,reference\nnoise,3,1\nreference,0,2\n"
        (tmp_path / f"{fold}.confusion.csv").write_text(matrix)
    pool([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    rows = (tmp_path / "all.confusion.csv").read_text().splitlines()
    assert rows == ["reference,noise,reference", "noise,6,2", "reference,0,4"]


def test_a_missing_matrix_of_one_fold_is_refused(tmp_path):
    write_matrix(tmp_path / "1.confusion.csv", ["cat,3,1", "dog,0,2"])
    with pytest.raises(ValueError, match=r"2\.confusion\.csv: does not exist; apply this fold"):
        pool([tmp_path / "1", tmp_path / "2"], tmp_path / "all")
    assert not (tmp_path / "all.correct.csv").exists()


def test_several_labels_have_no_matrix(tmp_path):
    assert pool([tmp_path / "1", tmp_path / "2"], tmp_path / "all") == []
