import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf.layers.toeplitz import toeplitz


@settings(deadline=None)
@given(
    num_taps=st.integers(1, 9),
    num_outputs=st.integers(1, 9),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
)
def test_product_equals_conv1d(num_taps, num_outputs, stride, dilation):
    taps = torch.randn(2, num_taps, dtype=torch.double)
    matrix = toeplitz(taps, num_outputs, stride, dilation)
    signal = torch.randn(matrix.shape[-1], dtype=torch.double)
    expected = F.conv1d(signal[None, None], taps[:, None], stride=stride, dilation=dilation)[0]
    torch.testing.assert_close(matrix @ signal, expected)
