from pyannote_strf.database.complaints import Complaint, grouped


def test_complaints_of_a_kind_share_a_line():
    complaints = [
        Complaint(f"/audio/{uri}.wav: lasts {number}.5 s", "train", uri)
        for number, uri in enumerate(("a", "b", "c", "w", "5"))
    ]
    (line,) = grouped(complaints)
    assert line == "train, a, b, c and 2 more: /audio/a.wav: lasts 0.5 s"


def test_complaints_are_grouped_by_kind_subset_and_recording():
    complaints = [
        Complaint("a.wav: empty", "train", "a"),
        Complaint("a.wav: empty", "test", "a"),
        Complaint("a.wav: truncated", "train", "a"),
        Complaint("x.rttm, line 3: start is '-1'", "train"),
        Complaint("x.rttm, line 4: start is '-2'", "train"),
        Complaint("no list"),
    ]
    assert grouped(complaints) == [
        "train, a: a.wav: empty",
        "test, a: a.wav: empty",
        "train, a: a.wav: truncated",
        "train: x.rttm, line 3: start is '-1' (and 1 more of this kind)",
        "no list",
    ]
