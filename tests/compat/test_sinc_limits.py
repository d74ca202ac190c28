import pytest
import torch
from asteroid_filterbanks import ParamSincFB

from pyannote_strf.compat.sinc_limits import use_float_limits


class Clamp(torch.nn.Module):
    def forward(self, x):
        return torch.clamp(x, 50, 8000.0)


def test_limits_keep_the_filters():
    bank = ParamSincFB(80, 251, sample_rate=16000)
    expected = bank.filters()
    use_float_limits(torch.nn.Sequential(bank))
    assert type(bank.min_low_hz) is float
    assert torch.equal(bank.filters(), expected)


def test_torch_still_cannot_export_a_clamp_of_an_integer_and_a_float():
    """If this fails, remove pyannote_strf/compat/sinc_limits.py."""
    with pytest.raises(torch.onnx.OnnxExporterError):
        torch.onnx.export(Clamp(), (torch.randn(3),), dynamo=True, verbose=False)
