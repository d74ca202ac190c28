from pyannote_strf.database.problems import Problem, grouped


def test_problems_of_a_kind_share_a_line():
    problems = [
        Problem(f"/audio/{uri}.wav: lasts {number}.5 s", "train", uri)
        for number, uri in enumerate(("a", "b", "c", "w", "5"))
    ]
    (line,) = grouped(problems)
    assert line == "train, a, b, c and 2 more: /audio/a.wav: lasts 0.5 s"


def test_problems_are_grouped_by_kind_subset_and_recording():
    problems = [
        Problem("a.wav: empty", "train", "a"),
        Problem("a.wav: empty", "test", "a"),
        Problem("a.wav: truncated", "train", "a"),
        Problem("x.rttm, line 3: start is '-1'", "train"),
        Problem("x.rttm, line 4: start is '-2'", "train"),
        Problem("no list"),
    ]
    assert grouped(problems) == [
        "train, a: a.wav: empty",
        "test, a: a.wav: empty",
        "train, a: a.wav: truncated",
        "train: x.rttm, line 3: start is '-1' (and 1 more of this kind)",
        "no list",
    ]
