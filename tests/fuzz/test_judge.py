"""Whatever may go wrong is noticed."""

import pytest

from tests.fuzz.case import Case
from tests.fuzz.runner import Ended, judge

FAILED = Case("area/x", "sad", ("sad", "train"))
SAME = Case("area/x", "sad", ("sad", "train"), expected="same")
CHECK = Case("area/x", "sad", ("protocols", "check"))
ANY = Case("area/x", "sad", ("sad", "train"), expected="any")


def ended(code, err="", out="", new=None, changed=None):
    before = {"a.wav": "1"}
    return Ended(code, out, err, before, {**before, **(new or {}), **(changed or {})}, 0.1)


@pytest.mark.parametrize(
    ("case", "result", "faults"),
    [
        (FAILED, ended(1, "error: a.yml: x\n"), ()),
        (FAILED, ended(1, "Traceback (most recent call last):\n"), ("traceback", "unclear")),
        (FAILED, ended(1, "error: TypeError: x\n"), ("exception name",)),
        (FAILED, ended(None, ""), ("hang",)),
        (FAILED, ended(0, ""), ("wrong result",)),
        (FAILED, ended(0, "a.wav is truncated\n"), ()),
        (FAILED, ended(1, ""), ("unclear",)),
        (FAILED, ended(1, "error: one\nerror: two\n"), ("unclear",)),
        (FAILED, ended(1, "scoring  ━━━ 2/2 0:00:00\ntuning  0/2 -:--:--\nerror: x\n"), ()),
        (FAILED, ended(0, "scoring  ━━━ 2/2 0:00:00\n"), ("wrong result",)),
        (FAILED, ended(1, f"error: {'x' * 500}\n"), ("unclear",)),
        (FAILED, ended(2, "Usage: sad train\n\nError: no such option\n"), ()),
        (FAILED, ended(1, "error: x\n", new={"b.rttm": "1"}), ("half-written",)),
        (FAILED, ended(1, "error: x\n", new={".b.0.partial": "1"}), ("half-written",)),
        (FAILED, ended(1, "error: x\n", changed={"a.wav": "2"}), ("half-written",)),
        (SAME, ended(0, new={"b.rttm": "1"}), ()),
        (SAME, ended(0, new={"b.rttm": "2"}), ("wrong result",)),
        (SAME, ended(1, "error: x\n"), ("wrong result",)),
        (CHECK, ended(1, out="train: x\nP: 1 problems\n"), ()),
        (CHECK, ended(0, out="P: nothing is wrong\n"), ("wrong result",)),
        (ANY, ended(0), ()),
        (ANY, ended(1, "error: KeyError: x\n"), ("exception name",)),
    ],
)
def test_faults(case, result, faults):
    clean = ended(0, new={"b.rttm": "1"})
    assert judge(case, result, clean).faults == faults
