"""`filters` on models without spectro-temporal filters, or with more than those."""

import csv
import json

import numpy as np
import pytest
import torch
from matplotlib.image import imread
from pyannote.core import Segment

from pyannote_strf import STRFPyanNet
from pyannote_strf.applications.crops import batches, draw_crops
from pyannote_strf.database.protocols import get_files
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.reports.attention import attention_part
from tests.conftest import PROTOCOL, TINY_ARCHITECTURE, TINY_FRONTEND

SINCGRAM = {"kind": "sincgram", "num_bands": 32, "f_min": 300.0}
DEGRAM = {"name": "degram", "spectrogram": {"num_bands": 32}}


def changed(path, **changes):
    """Add numbers to weights of a checkpoint, by the ends of their names."""
    content = torch.load(path, weights_only=False)
    for end, change in changes.items():
        (name,) = (name for name in content["state_dict"] if name.endswith(end))
        content["state_dict"][name] += change
    torch.save(content, path)
    return path


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_bands_that_are_dropped_are_reported(command, checkpoint, caplog):
    options = {"kind": "hstft", "f_min": 250.0, "bands_per_octave": 12, "harmonics": [1, 2]}
    path = checkpoint(frontend={"name": "mel", "spectrogram": {**options, "num_bands": 50}})
    dropped = 50 - load_model(path).frontend.num_bands
    caplog.clear()
    command("filters", path)
    expected = f"{dropped} of 50 bands are dropped: harmonics up to 2 are above 8000 Hz"
    assert expected in caplog.messages


def test_bands_are_written_with_their_changes(command, checkpoint, capsys):
    path = changed(checkpoint(frontend=DEGRAM), raw_centre=0.3, raw_width=-0.2)
    command("filters", path)
    out = path.with_suffix(".filters")
    model = STRFPyanNet(**{**TINY_ARCHITECTURE, "frontend": DEGRAM})
    first, now = model.frontend.bands(), load_model(path).frontend.bands()
    rows = rows_of(out / "bands.csv")
    assert len(rows) == 32

    def column(name):
        return np.array([float(row[name]) for row in rows])

    np.testing.assert_allclose(column("centre"), now.centres[0], rtol=1e-5)
    np.testing.assert_allclose(column("initial_width"), first.widths[0], rtol=1e-5)
    moved = (now.centres - first.centres).abs()[0] / first.widths[0]
    np.testing.assert_allclose(column("moved"), moved, rtol=1e-3)
    np.testing.assert_allclose(column("width_ratio"), now.widths[0] / first.widths[0], rtol=1e-4)
    summary = json.loads((out / "summary.json").read_text())["models"]["model"]
    assert summary["bands moved (bandwidths)"]["median"] == pytest.approx(
        float(np.median(moved)), abs=1e-4
    )
    assert summary["bands moved more than one bandwidth"] == int((moved > 1).sum()) > 0
    assert imread(out / "bands.png").std() > 0.05
    shown = " ".join(capsys.readouterr().out.split())
    assert f"{int((moved > 1).sum())} of 32 bands moved more than one bandwidth" in shown
    assert "Add --protocol to average these weights" in shown
    assert not (out / "filters.csv").exists()
    assert not (out / "attention.csv").exists()


def test_attention_is_averaged_over_the_clips_of_a_subset(command, checkpoint, protocol, tmp_path):
    path = checkpoint(frontend=DEGRAM)
    out = tmp_path / "out"
    command("filters", path, f"--protocol={PROTOCOL}", "--subset=test", f"--out={out}")
    model = load_model(path).eval()
    clips = draw_crops(get_files(protocol, "test"), model.specifications.duration, 100)
    weights = []
    for _, waveforms in batches(model, clips):
        image = model.frontend.spectrogram(waveforms)[:, 0].detach()
        weights.append(model.frontend.attention.frequency(image.mean(dim=-1)).detach())
    weights = torch.cat(weights).double().numpy()
    rows = rows_of(out / "attention.csv")
    for name, expected in (
        ("centre", model.frontend.centres),
        ("mean", weights.mean(axis=0)),
        ("spread", weights.std(axis=0, ddof=1)),
    ):
        np.testing.assert_allclose([float(row[name]) for row in rows], expected, atol=1e-5)
    summary = json.loads((out / "summary.json").read_text())["models"]["model"]
    assert summary["attention to bands"]["clips"] == len(weights) == 100
    assert imread(out / "attention.png").std() > 0.05


def test_protocols_with_clips_that_are_too_short_for_attention_are_refused(checkpoint, protocol):
    model = load_model(checkpoint(frontend=DEGRAM)).eval()
    (file, *_) = get_files(protocol, "test")
    clips = [(file, Segment(0, 0.01))]
    with pytest.raises(ValueError, match=r"model: attention is measured on clips of .* samples"):
        attention_part("model", model, clips, lambda *_: None)


def test_filters_over_learnable_bands_get_both_reports(command, checkpoint):
    path = checkpoint(frontend={**TINY_FRONTEND, "num_free_filters": 3, "spectrogram": SINCGRAM})
    changed(path, raw_centre=0.05)
    command("filters", path)
    out = path.with_suffix(".filters")
    summary = json.loads((out / "summary.json").read_text())["models"]["model"]
    assert (summary["filters"], summary["bands"]) == (4, 32)
    assert summary["kernels"] == {"strf": 4, "free": 3}
    written = {each.name for each in out.iterdir()}
    assert {"filters.csv", "bands.csv", "plane.png", "bands.png", "kernels.npz"} <= written
    kernels = load_model(path).frontend.filters.kernels().detach()[:, 0]
    with np.load(out / "kernels.npz") as arrays:
        found = arrays["strf_real"] + 1j * arrays["strf_imag"]
        np.testing.assert_allclose(found[..., ::-1], kernels, atol=1e-6)
        assert arrays["free"].shape == (3, 3, 11)
        assert arrays["lags"][[0, -1]].tolist() == [-0.05, 0.05]
    page = (out / "report.html").read_text()
    assert all(title in page for title in ("Learnable bands", "Envelope"))
    assert "Kernels of filters, with axes in seconds and hertz: 4 strf and 3 free." in page


@pytest.mark.parametrize(
    ("frontend", "term"),
    [
        ({"name": "full_band", "num_filters": 8}, "Kernel"),
        ({"name": "frame_level", "num_filters": 8}, "Peak (Hz)"),
        (DEGRAM, "Bands moved"),
    ],
)
def test_the_legend_explains_what_the_report_shows(command, checkpoint, frontend, term):
    path = checkpoint(frontend=frontend)
    command("filters", path)
    page = (path.with_suffix(".filters") / "report.html").read_text()
    _, legend = page.split('<section id="legend">')
    assert f"<dt>{term}</dt>" in legend
    assert "Temporal modulation" not in legend


def test_models_with_different_front_ends_are_reported_together(command, checkpoint, tmp_path):
    sincnet = checkpoint("sinc", frontend={"name": "sincnet"})
    frames = checkpoint("frames", frontend={"name": "frame_level", "num_filters": 8})
    filters = checkpoint("strf")
    out = tmp_path / "out"
    command("filters", sincnet, frames, filters, f"--out={out}")
    summary = json.loads((out / "summary.json").read_text())
    # models with spectro-temporal filters come first
    assert list(summary["models"]) == ["strf", "sinc", "frames"]
    assert "between models" not in summary
    assert summary["models"]["sinc"]["bands"] == 40
    assert summary["models"]["sinc"]["bands moved (bandwidths)"]["upper quartile"] == 0
    assert summary["models"]["frames"]["filters of the waveform"] == 8
    for name in ("1-strf.kernels.png", "2-sinc.bands.png", "3-frames.waveform.png"):
        assert imread(out / name).std() > 0.03
    assert (out / "1-strf.kernels.npz").exists()
    assert {row["model"] for row in rows_of(out / "bands.csv")} == {"sinc"}
