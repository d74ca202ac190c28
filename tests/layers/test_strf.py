import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from pyannote_strf import STRFConv2d

KERNEL = (9, 111)


def formula(layer, k, c):
    """Compute the kernel of one filter tap by tap from the equation in the docstring."""
    sigma_t, sigma_f, omega, gamma = (
        p[k, c].item() for p in (layer.sigma_t, layer.sigma_f, layer.omega, layer.gamma)
    )
    num_f, num_t = layer.kernel_size
    kernel = torch.empty(num_f, num_t, dtype=torch.complex128)
    for i in range(num_f):
        for j in range(num_t):
            f, t = i - (num_f - 1) / 2, j - (num_t - 1) / 2
            envelope = math.exp(-(t**2 / sigma_t**2 + f**2 / sigma_f**2) / 2)
            envelope /= 2 * math.pi * sigma_t * sigma_f
            phase = omega * (t * math.cos(gamma) + f * math.sin(gamma))
            kernel[i, j] = complex(envelope * math.cos(phase), envelope * math.sin(phase))
    return kernel


def published_response(state, x, padding):
    """Compute the output of the layer released with the paper, in a loop over kernels."""
    num_f, num_t = state["weight"].shape[2:]
    f = torch.linspace(-math.ceil(num_f / 2) + 1, math.ceil(num_f / 2), num_f)[:, None]
    t = torch.linspace(-math.ceil(num_t / 2) + 1, math.ceil(num_t / 2), num_t)[None, :]
    parts = []
    for wave in (torch.cos, torch.sin):
        kernels = []
        for k in range(len(state["freq"])):
            freq, gamma, sigma_x, sigma_y = (
                state[name][k, 0] for name in ("freq", "gamma", "sigma_x", "sigma_y")
            )
            g = torch.exp(-0.5 * (f**2 / (sigma_x + 1e-3) ** 2 + t**2 / (sigma_y + 1e-3) ** 2))
            g = g * wave(freq * (t * torch.cos(gamma) + f * torch.sin(gamma)))
            kernels.append(g / (2 * math.pi * sigma_x * sigma_y))
        parts.append(F.conv2d(x, torch.stack(kernels)[:, None], padding=padding))
    return torch.cat(parts, dim=1)


def published_state(num_filters=5):
    draw = lambda: torch.rand(num_filters, 1)  # noqa: E731
    return {
        "theta": draw(),
        "psi": draw(),
        "gamma": math.pi * (2 * draw() - 1),
        "freq": math.pi / 2 * 1.41 ** (-5 * draw()),
        "sigma_x": 2 * 1.41 ** (6 * draw()),
        "sigma_y": 2 * 1.41 ** (6 * draw()),
        "weight": torch.rand(num_filters, 1, *KERNEL),
    }


def test_kernels_follow_the_formula():
    layer = STRFConv2d(2, 3, (4, 7)).double()
    kernels = layer.kernels()
    assert kernels.shape == (3, 2, 4, 7)
    for k in range(3):
        for c in range(2):
            torch.testing.assert_close(kernels[k, c], formula(layer, k, c), atol=1e-12, rtol=1e-10)


@settings(deadline=None, max_examples=40)
@given(
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 13)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 3), st.integers(0, 6)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    num_frames=st.integers(25, 95),
    mode=st.sampled_from(["real", "imag", "concat", "abs"]),
)
def test_response_equals_conv2d_with_the_kernels(
    kernel, stride, padding, dilation, num_frames, mode
):
    layer = STRFConv2d(1, 3, kernel, stride, padding, dilation, n_features=16, mode=mode).double()
    x = torch.randn(2, 1, 16, num_frames, dtype=torch.double)
    kernels = layer.kernels()
    real, imag = (
        F.conv2d(x, part, None, stride, padding, dilation) for part in (kernels.real, kernels.imag)
    )
    expected = {
        "real": real,
        "imag": imag,
        "concat": torch.cat([real, imag], dim=1),
        "abs": torch.sqrt(real**2 + imag**2),
    }[mode]
    torch.testing.assert_close(layer(x), expected, atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("groups", [1, 2])
def test_layer_supports_several_input_channels(groups):
    layer = STRFConv2d(4, 6, (3, 5), padding=(1, 2), groups=groups, n_features=8).double()
    x = torch.randn(2, 4, 8, 20, dtype=torch.double)
    kernels = layer.kernels()
    expected = torch.cat(
        [F.conv2d(x, p, padding=(1, 2), groups=groups) for p in (kernels.real, kernels.imag)], dim=1
    )
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("padding_mode", ["reflect", "replicate", "circular"])
def test_padding_modes_match_torch(padding_mode):
    layer = STRFConv2d(1, 2, (3, 5), padding=(1, 2), padding_mode=padding_mode, mode="real")
    reference = torch.nn.Conv2d(1, 2, (3, 5), padding=(1, 2), padding_mode=padding_mode, bias=False)
    reference.weight.data = layer.kernels().real.detach()
    x = torch.randn(2, 1, 64, 30)
    torch.testing.assert_close(layer(x), reference(x))


@pytest.mark.parametrize("mode", ["real", "imag", "concat", "abs"])
def test_gradients_match_finite_differences(mode):
    layer = STRFConv2d(1, 2, (3, 5), padding=(1, 2), bias=True, n_features=6, mode=mode).double()
    names = [name for name, _ in layer.named_parameters()]
    x = torch.randn(1, 1, 6, 9, dtype=torch.double, requires_grad=True)

    def response(x, *parameters):
        return torch.func.functional_call(layer, dict(zip(names, parameters)), (x,))

    assert torch.autograd.gradcheck(response, (x, *layer.parameters()))


def test_layer_has_four_parameters_per_filter_and_input_channel():
    assert sum(p.numel() for p in STRFConv2d(1, 64, KERNEL).parameters()) == 4 * 64
    assert sum(p.numel() for p in STRFConv2d(2, 8, KERNEL).parameters()) == 4 * 8 * 2


@pytest.mark.parametrize("raw", [-1e6, -100.0, 0.0, 100.0, 1e6])
def test_parameters_stay_in_range_and_their_gradients_do_not_vanish(raw):
    layer = STRFConv2d(1, 1, 3)
    for parameter in (layer.raw_sigma_t, layer.raw_sigma_f, layer.raw_omega):
        torch.nn.init.constant_(parameter, raw)
    assert 0 < layer.sigma_t.item() < math.inf
    assert abs(layer.omega.item()) <= math.pi
    for quantity, parameter in (
        (layer.sigma_t, layer.raw_sigma_t),
        (layer.sigma_f, layer.raw_sigma_f),
        (layer.omega, layer.raw_omega),
    ):
        (gradient,) = torch.autograd.grad(quantity.sum(), parameter)
        assert 0 < gradient.item() < math.inf
    assert torch.isfinite(torch.view_as_real(layer.kernels())).all()


def test_kernels_hold_no_subnormal_number():
    layer = STRFConv2d(1, 64, KERNEL)
    layer.assign(*(torch.full((64, 1), value) for value in (2.0, 0.5, 1.0, 0.3)))
    smallest_normal = torch.finfo(torch.float32).tiny
    factors = layer._factors()
    kernels = torch.view_as_real(layer.kernels())
    for tensor in (factors.frequency, factors.envelope, factors.time, kernels):
        tensor = tensor.abs()
        assert (tensor == 0).any(), "no tail was cut: the test does not test"
        assert not ((tensor > 0) & (tensor < smallest_normal)).any()


def test_published_initialisation_has_the_published_ranges():
    layer = STRFConv2d(1, 4000, 3)
    assert layer.omega.min() >= math.pi / 2 * 1.41**-5 - 1e-4
    assert layer.omega.max() <= math.pi / 2 + 1e-4
    assert layer.sigma_t.min() >= 2 - 1e-4
    assert layer.sigma_f.max() <= 2 * 1.41**6 + 1e-3
    # medians of pi/2 1.41^-U(0,5), 2 1.41^U(0,6), and a uniform angle
    assert layer.omega.median().item() == pytest.approx(math.pi / 2 * 1.41**-2.5, rel=0.1)
    assert layer.sigma_t.median().item() == pytest.approx(2 * 1.41**3, rel=0.1)
    assert layer.gamma.std().item() == pytest.approx(math.pi / math.sqrt(3), rel=0.05)


def test_uniform_initialisation_covers_the_modulation_plane():
    layer = STRFConv2d(1, 4000, 3, init="uniform")
    for axis in (layer.omega * layer.gamma.cos(), layer.omega * layer.gamma.sin()):
        counts = torch.histc(axis.detach(), bins=4, min=-math.pi / 2, max=math.pi / 2)
        assert counts.sum() == 4000
        assert counts.min() > 0.8 * counts.max()


def test_published_parameters_reproduce_published_outputs():
    state = published_state()
    x = torch.randn(2, 1, 64, 150)
    layer = STRFConv2d.from_published(state, grid="published", padding=(4, 55))
    torch.testing.assert_close(
        layer(x), published_response(state, x, (4, 55)), atol=1e-6, rtol=1e-4
    )


def test_from_published_supports_groups():
    state = {name: value.repeat_interleave(2, 0) for name, value in published_state(3).items()}
    layer = STRFConv2d.from_published(state, groups=2)
    assert (layer.in_channels, layer.out_channels) == (2, 6)
    assert layer(torch.randn(1, 2, 64, 120)).shape[:2] == (1, 12)


def test_from_published_supports_the_centred_grid():
    state = published_state()
    layer = STRFConv2d.from_published(state)
    torch.testing.assert_close(layer.sigma_t, state["sigma_y"])
    torch.testing.assert_close(layer.sigma_f, state["sigma_x"])
    torch.testing.assert_close(layer.omega, state["freq"])
    assert layer.kernel_size == KERNEL
    energy = layer.kernels().abs()
    assert (energy.argmax(-1) == 55).all(), "the centred grid peaks on its middle tap"


def test_from_published_refuses_invalid_parameters():
    state = published_state()
    state["sigma_x"][2] = -1.0
    with pytest.raises(ValueError, match=r"sigma_x of filters 2 is not positive: .* negate it"):
        STRFConv2d.from_published(state)
    state["sigma_x"][2] = 1e4
    with pytest.raises(ValueError, match="widths must lie between"):
        STRFConv2d.from_published(state)
    del state["freq"]
    with pytest.raises(ValueError, match="freq missing"):
        STRFConv2d.from_published(state)


def test_state_dict_restores_the_output():
    layer, other = STRFConv2d(1, 5, KERNEL), STRFConv2d(1, 5, KERNEL)
    other.load_state_dict(layer.state_dict())
    torch.testing.assert_close(other.kernels(), layer.kernels())


def test_physical_parameters_are_in_documented_units():
    layer = STRFConv2d(1, 1, 9, n_features=4)
    layer.assign(*torch.tensor([5.0, 2.0, 0.5, math.pi / 6]).reshape(4, 1, 1))
    # half an octave between bands
    centres = 440 * 2 ** (torch.arange(4) / 2)
    temporal, spectral, duration, bandwidth = layer.physical_parameters(0.01, centres)
    assert temporal.item() == pytest.approx(0.5 * math.cos(math.pi / 6) / (2 * math.pi * 0.01))
    expected = 0.5 * math.sin(math.pi / 6) / (2 * math.pi) / 0.5
    assert spectral[0, 0].tolist() == pytest.approx([expected] * 4)
    assert duration.item() == pytest.approx(0.05)
    assert bandwidth[0, 0].tolist() == pytest.approx([1.0] * 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "phase"}, "mode must be one of"),
        ({"init": "zeros"}, "init must be one of"),
        ({"grid": "hexagonal"}, "grid must be one of"),
        ({"padding_mode": "same"}, "padding_mode must be one of"),
        ({"groups": 2}, "divisible by groups"),
        ({"out_channels": 0}, "out_channels must be a positive integer"),
        ({"in_channels": 2, "path": "time"}, "path 'time' is for a single input channel, got 2"),
    ],
)
def test_invalid_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        STRFConv2d(**{"in_channels": 1, "out_channels": 2, "kernel_size": 3, **options})


def test_inputs_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expected an input of shape \(batch, 1, 64, frame\)"):
        STRFConv2d(1, 2, 3)(torch.randn(1, 1, 40, 100))
    with pytest.raises(ValueError, match="smaller than a kernel"):
        STRFConv2d(1, 2, KERNEL)(torch.randn(1, 1, 64, 100))


PATHS = ["time", "frequency", "dense"]


@pytest.mark.parametrize("path", PATHS)
def test_layer_supports_an_empty_batch(path):
    layer = STRFConv2d(1, 8, (9, 111), padding=(4, 55), path=path)
    assert layer(torch.empty(0, 1, 64, 100)).shape == (0, 16, 64, 100)


def test_layer_supports_the_meta_device():
    """Lightning builds models on the meta device before it loads weights."""
    layer = STRFConv2d(1, 8, (9, 111), device="meta")
    assert all(p.is_meta for p in layer.parameters())


def test_gradient_of_magnitude_is_zero_at_zero():
    layer = STRFConv2d(1, 2, (3, 5), n_features=6, mode="abs")
    x = torch.zeros(1, 1, 6, 9, requires_grad=True)
    layer(x).sum().backward()
    assert all((p.grad == 0).all() for p in (x, *layer.parameters()))


@pytest.mark.parametrize("mode", ["real", "imag", "concat", "abs"])
@pytest.mark.parametrize("stride", [(1, 1), (4, 1), (4, 2)])
@pytest.mark.parametrize("path", PATHS)
def test_all_paths_give_the_same_response(path, stride, mode):
    options = {"stride": stride, "padding": (4, 55), "mode": mode}
    layer = STRFConv2d(1, 8, (9, 111), path=path, **options)
    reference = STRFConv2d(1, 8, (9, 111), path="dense", **options).double()
    reference.load_state_dict(layer.state_dict())
    x = torch.randn(2, 1, 64, 200)
    torch.testing.assert_close(layer(x).double(), reference(x.double()), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("path", PATHS)
def test_all_paths_give_the_same_gradients(path):
    layer = STRFConv2d(1, 2, (3, 5), padding=(1, 2), n_features=6, path=path).double()
    names = [name for name, _ in layer.named_parameters()]
    x = torch.randn(1, 1, 6, 9, dtype=torch.double, requires_grad=True)

    def response(x, *parameters):
        return torch.func.functional_call(layer, dict(zip(names, parameters)), (x,))

    assert torch.autograd.gradcheck(response, (x, *layer.parameters()))


@pytest.mark.parametrize("path", PATHS)
def test_narrow_filters_give_no_subnormal_number(path):
    """Factors, kernels and gradients hold no subnormal number where Gaussians underflow."""
    layer = STRFConv2d(1, 4, (9, 111), padding=(4, 55), path=path)
    layer.assign(*(torch.full((4, 1), value) for value in (3.9, 0.4, 0.5, 1.0)))
    smallest = torch.finfo(torch.float32).tiny
    factors = layer._factors()
    for factor in (factors.frequency, factors.envelope, factors.time):
        assert not ((factor != 0) & (factor.abs() < smallest)).any()
    kernels = torch.view_as_real(layer.kernels())
    assert (kernels == 0).any()
    assert not ((kernels != 0) & (kernels.abs() < smallest)).any()


def test_evaluation_mode_builds_kernels_once(monkeypatch):
    layer = STRFConv2d(1, 4, (3, 5)).eval()
    built = []
    build = layer._build
    monkeypatch.setattr(layer, "_build", lambda: built.append(None) or build())
    x = torch.randn(1, 1, 64, 20)
    with torch.no_grad():
        first = layer(x)
        assert torch.equal(layer(x), first)
    with torch.inference_mode():
        assert torch.equal(layer(x), first)
    assert len(built) == 1


CHANGES = {
    "step of an optimiser": lambda layer: optimiser_step(layer),
    "assignment": lambda layer: layer.assign(
        *(torch.full((4, 1), v) for v in (2.0, 3.0, 0.4, 1.0))
    ),
    "data in place": lambda layer: layer.raw_omega.data.mul_(0.5),
    "data replaced": lambda layer: setattr(layer.gamma, "data", layer.gamma.data + 1),
    "loaded state": lambda layer: layer.load_state_dict(STRFConv2d(1, 4, (3, 5)).state_dict()),
    "precision": lambda layer: layer.double(),
    "training and back": lambda layer: (layer.train(), optimiser_step(layer), layer.eval()),
}


def optimiser_step(layer):
    with torch.enable_grad():
        layer(torch.randn(1, 1, 64, 20)).square().sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()


@pytest.mark.parametrize("change", CHANGES)
def test_kernels_are_rebuilt_when_parameters_change(change):
    layer = STRFConv2d(1, 4, (3, 5)).eval()
    x = torch.randn(1, 1, 64, 20)
    with torch.no_grad():
        before = layer(x)
        CHANGES[change](layer)
        after = layer(x.to(layer.gamma.dtype))
    fresh = STRFConv2d(1, 4, (3, 5)).to(layer.gamma.dtype)
    fresh.load_state_dict(layer.state_dict())
    with torch.no_grad():
        assert torch.equal(after, fresh(x.to(layer.gamma.dtype)))
    assert change == "precision" or not torch.equal(after, before)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", ["concat", "abs"])
def test_half_precision_is_close_to_single(mode, path):
    torch.manual_seed(0)
    layer = STRFConv2d(1, 16, (9, 111), padding=(4, 55), mode=mode, path=path).eval()
    x = torch.randn(2, 1, 64, 198)
    with torch.no_grad():
        expected = layer(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mixed = layer(x)
        half = layer.half()(x.half())
    assert half.dtype == torch.float16
    for response in (mixed, half):
        error, power = ((y**2).mean((0, 2, 3)) for y in (response.float() - expected, expected))
        assert (error <= 1e-4 * power).all()


def test_autocast_keeps_kernels_in_single_precision():
    layer = STRFConv2d(1, 4, (3, 5))
    expected = layer.kernels()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(layer.kernels(), expected, atol=0, rtol=0)


@pytest.mark.parametrize("stride", [(1, 1), (4, 2)])
def test_compile_has_no_graph_break(stride):
    layer = STRFConv2d(1, 4, (9, 111), stride, padding=(4, 55))
    torch.compiler.reset()
    compiled = torch.compile(layer, backend="eager", fullgraph=True, dynamic=False)
    for num_frames in (200, 260):
        x = torch.randn(2, 1, 64, num_frames)
        torch.testing.assert_close(compiled(x), layer(x))


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "same"},
        {"padding": -1},
        {"kernel_size": (3, 3, 3)},
        {"stride": (1, 2.5)},
        {"stride": (0, 1)},
    ],
)
def test_sizes_that_are_not_integers_are_refused(options):
    (name,) = options
    with pytest.raises(ValueError, match=rf"{name} must be an integer from \d or two, got"):
        STRFConv2d(1, 4, **{"kernel_size": 3, **options})


def test_default_path_is_close_to_the_dense_one_at_the_published_size():
    """The largest error is below 1e-4 of the largest response of any filter."""
    for mode in ("concat", "abs"):
        layer = STRFConv2d(1, 64, (9, 111), (4, 2), (4, 55), mode=mode)
        dense = STRFConv2d(1, 64, (9, 111), (4, 2), (4, 55), mode=mode, path="dense").double()
        dense.load_state_dict(layer.state_dict())
        x = torch.randn(3, 1, 64, 700)
        with torch.no_grad():
            response, expected = layer(x).double(), dense(x.double())
        largest = expected.abs().amax((0, 2, 3), keepdim=True)
        assert ((response - expected).abs() <= 1e-5 * largest).all()
