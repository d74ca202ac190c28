import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf.layers.blocks import SEGMENT, Axis, group_filters, tiles
from pyannote_strf.layers.factors import Factors
from pyannote_strf.layers.frequency_first import frequency_first
from pyannote_strf.layers.gabor import centred_grid, dense_kernels, gaussian
from pyannote_strf.layers.precision import magnitude
from pyannote_strf.layers.published import published_grid

PARTS = [("real",), ("imag",), ("real", "imag"), ()]


def random_factors(kernel, grid=centred_grid, num_filters=6, dtype=torch.double):
    """Return random factors in frequency, and Gaussians from very narrow to very wide in time."""
    frequency = torch.randn(num_filters, 1, 2, kernel[0], dtype=dtype)
    first, *_, last = grid(kernel[1]) if kernel[1] > 1 else (0.0, 0.0)
    grid = torch.linspace(first, last, kernel[1], dtype=dtype)
    sigma = 0.2 * 300 ** torch.rand(num_filters, 1, dtype=dtype)
    omega = 3 * torch.randn(num_filters, 1, dtype=dtype)
    return Factors(frequency, gaussian(grid, sigma), omega, grid)


def dense_response(x, factors, parts, stride, padding, dilation):
    kernels = dense_kernels(factors.frequency, factors.time, parts or ("real", "imag"))
    x = F.pad(x, (padding, padding))[:, None]
    response = [F.conv2d(x, part, None, stride, 0, dilation) for part in kernels]
    if not parts:
        return magnitude(torch.stack(response, dim=1))[:, None]
    return torch.stack(response, dim=1)


@settings(deadline=None, max_examples=50)
@given(
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 90)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=st.integers(0, 200),
    num_frames=st.integers(180, 700),
    batch=st.integers(1, 90),
    parts=st.sampled_from(PARTS),
    grid=st.sampled_from([centred_grid, published_grid]),
    gradient=st.booleans(),
)
def test_response_equals_a_dense_convolution(
    kernel, stride, dilation, padding, num_frames, batch, parts, grid, gradient
):
    torch.manual_seed(num_frames)
    factors = random_factors(kernel, grid)
    x = torch.randn(batch, 12, num_frames, dtype=torch.double)
    expected = dense_response(x, factors, parts, stride, padding, dilation)
    with torch.set_grad_enabled(gradient):
        response = frequency_first(x, factors, parts, stride, padding, dilation)
    scale = expected.abs().amax()
    torch.testing.assert_close(response / scale, expected / scale, atol=1e-11, rtol=0)


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("dilation", [(1, 1), (2, 3)])
def test_gradients_equal_those_of_a_dense_convolution(parts, dilation):
    torch.manual_seed(0)
    factors = random_factors((3, 40))
    sigma = 0.2 * 300 ** torch.rand(6, 1, dtype=torch.double)
    x = torch.randn(70, 10, SEGMENT * 3, dtype=torch.double)
    gradients = []
    for function in (frequency_first, dense_response):
        tensors = (x, factors.frequency, sigma, factors.omega)
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        image, frequency, width, omega = leaves
        kernels = Factors(frequency, gaussian(factors.grid, width), omega, factors.grid)
        response = function(image, kernels, parts, (2, 2), 30, dilation)
        weights = torch.randn(
            response.shape, dtype=x.dtype, generator=torch.Generator().manual_seed(1)
        )
        gradients.append(torch.autograd.grad(response, leaves, weights))
    for ours, expected in zip(*gradients):
        scale = expected.abs().amax()
        torch.testing.assert_close(ours / scale, expected / scale, atol=1e-10, rtol=0)


def test_phases_of_long_inputs_are_exact():
    """Phases are counted from the middle of each segment, in double precision."""
    factors = random_factors((5, 111), dtype=torch.float32)
    x = torch.randn(1, 8, 5000)
    double = frequency_first(x.double(), factors.to(torch.double), ("real", "imag"))
    with torch.no_grad():
        single = frequency_first(x, factors, ("real", "imag"))
    assert (single - double).abs().max() < 1e-5 * double.abs().max()


def test_plans_are_kept_for_inputs_of_one_size():
    factors = random_factors((3, 9))
    x = torch.randn(1, 8, 60, dtype=torch.double)
    with torch.no_grad():
        first = frequency_first(x, factors, ())
        (plan,) = factors.plans.values()
        factors.envelope.zero_()
        assert torch.equal(frequency_first(x, factors, ()), first)
        assert [*factors.plans.values()] == [plan]
        assert (frequency_first(x[..., :50], factors, ()) < 1e-100).all()


def test_spans_leave_out_taps_below_rounding():
    grid = centred_grid(111)
    factors = Factors(
        torch.ones(2, 1, 2, 1),
        gaussian(grid, torch.tensor([[2.0], [40.0]])),
        torch.ones(2, 1),
        grid,
    )
    # exp(-11^2 / 8) is above the rounding error of single precision, exp(-12^2 / 8) is not
    assert factors.spans() == [(44, 67), (0, 111)]


def test_tiles_cover_the_response_once():
    time = Axis(num_frames=1000, out_frames=471, num_taps=111, stride=2, dilation=1, padding=25)
    spans = [(0, 111), (40, 71), (50, 61), (0, 111), (54, 57)]
    order, groups = group_filters(spans, time, num_rows=2048)
    assert len(groups) == 3
    assert order == (4, 2, 1, 0, 3)
    covered = torch.zeros(5, 471, dtype=torch.int)
    for tile in tiles(time, groups):
        for block in tile.blocks:
            covered[groups[tile.group].filters, block.frames] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize("parts", PARTS)
def test_response_may_be_changed_in_place_before_the_backward_pass(parts):
    factors = random_factors((3, 9))
    gradients = []
    for relu in (F.relu, F.relu_):
        torch.manual_seed(0)
        x = torch.randn(2, 8, 60, dtype=torch.double, requires_grad=True)
        omega = factors.omega.clone().requires_grad_()
        kernels = Factors(factors.frequency, factors.envelope, omega, factors.grid)
        relu(frequency_first(x, kernels, parts)).square().sum().backward()
        gradients.append((x.grad, omega.grad))
    for changed, expected in zip(*gradients):
        torch.testing.assert_close(changed, expected, atol=1e-11, rtol=1e-11)


def test_gradients_in_single_precision_are_exact():
    """Gradients of modulation frequencies lose precision where phases are large."""
    x = torch.randn(1, 8, 5000, generator=torch.Generator().manual_seed(0))
    gradients = []
    for dtype in (torch.float, torch.double):
        torch.manual_seed(0)
        factors = random_factors((5, 111), dtype=torch.float32).to(dtype)
        omega = factors.omega.requires_grad_()
        response = frequency_first(x.to(dtype), factors, ("real", "imag"), padding=55)
        weights = torch.randn(response.shape, generator=torch.Generator().manual_seed(1))
        (response * weights).sum().backward()
        gradients.append(omega.grad.double())
    single, double = gradients
    assert (single - double).abs().max() < 2e-5 * double.abs().max()


@pytest.mark.parametrize("parts", PARTS)
def test_response_is_the_same_in_inference_mode(parts):
    factors = random_factors((3, 9))
    x = torch.randn(2, 8, 60, dtype=torch.double)
    expected = frequency_first(x, factors, parts)
    with torch.inference_mode():
        assert torch.equal(frequency_first(x, factors, parts), expected)
