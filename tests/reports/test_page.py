import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.filter_analysis import Importance, analyse
from pyannote_strf.reports.filter_bank import filters_part
from pyannote_strf.reports.page import write_report
from pyannote_strf.reports.part import ModelReport
from tests.analysis.filters.banks import HOP, SEMITONES, bank

LINK = '=HYPERLINK("https://example.org", "filters")'


@pytest.fixture(scope="module")
def analysis():
    layer, *_ = bank([4.0, 8.0], [-0.4])
    return analyse("model", layer, HOP, SEMITONES)


def written(out, *analyses):
    parts = ([filters_part(analysis, {"plane": Figure()})] for analysis in analyses)
    names = (analysis.name for analysis in analyses)
    write_report([ModelReport(*each) for each in zip(names, parts)], out)
    return out


@pytest.mark.parametrize("name", [LINK, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_spreadsheet_programs_do_not_run_names(tmp_path, analysis, name):
    out = written(tmp_path, replace(analysis, name=name))
    with (out / "filters.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows] == 2 * [f"'{name}"]
    assert all(float(row["density"]) == pytest.approx(-0.4, rel=1e-4) for row in rows)
    assert [row["direction"] for row in rows] == ["falling", "falling"]


@pytest.mark.parametrize("images", [None, [np.full((64, 100), -80.0)]])
@pytest.mark.parametrize("filters", [1, 2])
def test_a_summary_is_valid_json(tmp_path, filters, images):
    layer, *_ = bank([4.0, 8.0][:filters], [-0.4])
    analysis = analyse("model", layer, HOP, SEMITONES, images=images)
    analysis = replace(analysis, importance=Importance(np.ones(filters), None, "error"))
    out = written(tmp_path, analysis)

    def refuse(constant):
        raise ValueError(constant)

    content = json.loads((out / "summary.json").read_text(), parse_constant=refuse)
    summary = content["models"]["model"]
    assert summary["filters"] == filters
    if images is not None:
        # silence has no modulations
        assert summary["correlation with sounds"]["filters"] is None


def test_long_names_are_shortened_in_file_names(tmp_path, analysis):
    names = [f"{n}/" + 250 * "ä" for n in range(3)]
    out = written(tmp_path, *(replace(analysis, name=name) for name in names))
    assert {path.name[:3] for path in out.glob("*.plane.png")} == {"1-0", "2-1", "3-2"}
    page = (out / "report.html").read_text()
    # lines of the navigation break between names
    navigation = page[page.index("<nav>") : page.index("</nav>")]
    assert navigation.count("<a href") == 4
    assert "</a><a" not in navigation
