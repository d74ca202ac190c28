"""Malformed inputs end in one line that says what is wrong, and change no result in silence."""

import os
from collections import Counter

import pytest

from tests.fuzz.cases import all_cases
from tests.fuzz.material import write_material
from tests.fuzz.pool import run_all
from tests.fuzz.runner import KINDS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

# a few of each area
SAMPLE = ()


@pytest.fixture(scope="module")
def material(tmp_path_factory, trained_experiments, corpus, voices):
    folder = tmp_path_factory.mktemp("fuzz")
    write_material(folder, trained_experiments, {"sad": corpus, "emb": voices})
    return folder


def failures(verdicts):
    return [f"{v.name}: {', '.join(v.faults)}\n    {v.message}" for v in verdicts if v.faults]


def table(verdicts, cases):
    """Numbers of inputs by area."""
    by_area = {}
    for verdict in verdicts:
        by_area.setdefault(cases[verdict.name].area, []).append(verdict)
    rows = [("area", "inputs", "ok", *KINDS)]
    for area, of_area in {**by_area, "all": verdicts}.items():
        faults = Counter(fault for verdict in of_area for fault in verdict.faults)
        ok = sum(not verdict.faults for verdict in of_area)
        rows.append((area, len(of_area), ok, *(faults[kind] for kind in KINDS)))
    return "\n".join("".join(f"{cell!s:>16}" for cell in row) for row in rows)


def test_a_sample_of_malformed_inputs(material):
    assert not failures(run_all(SAMPLE, material))


@pytest.mark.fuzz
def test_every_malformed_input(material, capsys):
    cases = all_cases()
    assert len(cases) >= 600
    verdicts = run_all(cases, material)
    with capsys.disabled():
        print(f"\n{table(verdicts, cases)}")
    failed = failures(verdicts)
    assert not failed, "\n".join(failed)
