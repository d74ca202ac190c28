"""Learnable spectro-temporal receptive fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.utils import _pair

from pyannote_strf.checks import check_choice, check_size
from pyannote_strf.layers.bounded import from_omega, from_width, to_omega, to_width
from pyannote_strf.layers.correlate import PATHS, correlate
from pyannote_strf.layers.factors import Factors
from pyannote_strf.layers.gabor import centred_grid, dense_kernels, gaussian, modulate
from pyannote_strf.layers.initialisation import INITIALISATIONS
from pyannote_strf.layers.physical import PhysicalParameters, physical_parameters
from pyannote_strf.layers.precision import at_least_single, identical
from pyannote_strf.layers.published import WIDTH_OFFSET, published_grid, read_published

GRIDS = ("centred", "published")
PARTS = {"real": ("real",), "imag": ("imag",), "concat": ("real", "imag"), "abs": ()}
PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class STRFConv2d(nn.Module):
    """Convolution with learnable spectro-temporal receptive fields (2-D Gabor filters).

    The complex kernel of a filter at time `t` (frames) and frequency `f` (bands) is:

        exp(-(t^2 / sigma_t^2 + f^2 / sigma_f^2) / 2) / (2 pi sigma_t sigma_f)
            * exp(i omega (t cos gamma + f sin gamma))

    Each filter learns four numbers per input channel: `sigma_t` (frames), `sigma_f` (bands),
    `omega` (radians per bin: per frame along time, per band along frequency) and `gamma` (radians).

    Parameters
    ----------
    in_channels : int
        Number of input channels.
    out_channels : int
        Number of filters. Mode "concat" has twice as many output channels.
    kernel_size : int or (int, int)
        Extent along frequency (bands) and time (frames).
    stride, padding, dilation : int or (int, int), optional
        As in :class:`torch.nn.Conv2d`, along frequency and time. Default to 1, 0 and 1.
    groups : int, optional
        As in :class:`torch.nn.Conv2d`. Defaults to 1.
    bias : bool, optional
        Whether to add a learnable bias to the output. Defaults to False.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}, optional
        As in :class:`torch.nn.Conv2d`. Defaults to "zeros".
    device : torch.device, optional
        Device of parameters.
    n_features : int, optional
        Number of bands of the input. Defaults to 64.
    mode : {"concat", "real", "imag", "abs"}, optional
        Part of the complex response that is returned. "concat" (default) returns real parts
        first, then imaginary parts.
    init : {"published", "uniform"}, optional
        "published" (default) draws `omega` from pi/2 * 1.41^-U(0, 5), `gamma` uniformly on the
        circle, and both widths from 2 * 1.41^U(0, 6). "uniform" draws the modulation frequency
        along each axis uniformly between -pi/2 and pi/2, and widths as "published".
    grid : {"centred", "published"}, optional
        Position of taps. "centred" (default) evaluates the formula above at
        -(K-1)/2 ... (K-1)/2. "published" reproduces the layer released with the paper, with taps
        off centre and 1e-3 added to the widths in the exponent.
    path : {"auto", "time", "frequency", "dense"}, optional
        Algorithm, which does not change responses. "time" and "frequency" support a single input
        channel only, and "frequency" can be differentiated once. "auto" (default) is the fastest
        for the input: :func:`~pyannote_strf.layers.correlate.fastest_path`.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range, or if the input does not have `n_features`
        bands.

    References
    ----------
    R. Riad, J. Karadayi, A.-C. Bachoud-Levi and E. Dupoux, "Learning spectro-temporal
    representations of complex sounds with parameterized neural networks", JASA 150(1), 2021
    (arXiv 2103.07125), equations 1 to 3.

    Examples
    --------
    >>> strf = STRFConv2d(1, 64, kernel_size=(9, 111), padding=(4, 55))
    >>> strf(torch.randn(8, 1, 64, 200)).shape
    torch.Size([8, 128, 64, 200])
    >>> sum(p.numel() for p in strf.parameters())
    256
    """

    initial: Tensor
    frequency_grid: Tensor
    time_grid: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = False,
        padding_mode: str = "zeros",
        device: torch.device | None = None,
        n_features: int = 64,
        *,
        mode: str = "concat",
        init: str = "published",
        grid: str = "centred",
        path: str = "auto",
    ) -> None:
        super().__init__()
        check_choice("mode", mode, PARTS)
        check_choice("init", init, INITIALISATIONS)
        check_choice("grid", grid, GRIDS)
        check_choice("path", path, PATHS)
        check_choice("padding_mode", padding_mode, PADDING_MODES)
        for name, size in (
            ("in_channels", in_channels),
            ("out_channels", out_channels),
            ("groups", groups),
            ("n_features", n_features),
        ):
            check_size(name, size)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"in_channels ({in_channels}) and out_channels ({out_channels}) must both be "
                f"divisible by groups ({groups})"
            )
        if in_channels > 1 and path in ("time", "frequency"):
            raise ValueError(f"path {path!r} is for a single input channel, got {in_channels}")

        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _two_integers("kernel_size", kernel_size)
        self.stride = _two_integers("stride", stride)
        self.padding = _two_integers("padding", padding, least=0)
        self.dilation = _two_integers("dilation", dilation)
        self.groups = groups
        self.padding_mode = padding_mode
        self.n_features = n_features
        self.mode = mode
        self.init = init
        self.grid = grid
        self.path = path
        # parameters, and the factors computed from them
        self._cache: tuple[Tensor, Factors] | None = None

        shape = (out_channels, in_channels // groups)
        self.raw_sigma_t = nn.Parameter(torch.empty(shape, device=device))
        self.raw_sigma_f = nn.Parameter(torch.empty(shape, device=device))
        self.raw_omega = nn.Parameter(torch.empty(shape, device=device))
        self.gamma = nn.Parameter(torch.empty(shape, device=device))
        num_outputs = 2 * out_channels if mode == "concat" else out_channels
        self.bias = nn.Parameter(torch.zeros(num_outputs, device=device)) if bias else None
        self.register_buffer("initial", torch.empty(4, *shape, device=device))

        make_grid = centred_grid if grid == "centred" else published_grid
        for name, num_taps in zip(("frequency_grid", "time_grid"), self.kernel_size):
            self.register_buffer(name, make_grid(num_taps).to(device), persistent=False)

        self.reset_parameters()

    @property
    def sigma_t(self) -> Tensor:
        """Width in time, in frames: (out_channels, in_channels)."""
        return to_width(at_least_single(self.raw_sigma_t))

    @property
    def sigma_f(self) -> Tensor:
        """Width in frequency, in bands: (out_channels, in_channels)."""
        return to_width(at_least_single(self.raw_sigma_f))

    @property
    def omega(self) -> Tensor:
        """Modulation frequency, in radians per bin: (out_channels, in_channels)."""
        return to_omega(at_least_single(self.raw_omega))

    @torch.no_grad()
    def assign(self, sigma_t: Tensor, sigma_f: Tensor, omega: Tensor, gamma: Tensor) -> None:
        """Set the four parameters of every filter, each (out_channels, in_channels).

        They are also stored in the buffer `initial`, (4, out_channels, in_channels), which is part
        of checkpoints, to measure how far training moves them.

        Raises
        ------
        ValueError
            If a width is outside (exp(-7), exp(7)), or a modulation frequency outside (-pi, pi).

        >>> strf = STRFConv2d(1, 1, kernel_size=9)
        >>> strf.assign(*torch.tensor([3.0, 2.0, 0.5, 1.0]).reshape(4, 1, 1))
        >>> strf.sigma_t
        tensor([[3.]], grad_fn=<ExpBackward0>)
        """
        self.raw_sigma_t.copy_(from_width(sigma_t))
        self.raw_sigma_f.copy_(from_width(sigma_f))
        self.raw_omega.copy_(from_omega(omega))
        self.gamma.copy_(gamma)
        self.initial.copy_(torch.stack([self.sigma_t, self.sigma_f, self.omega, self.gamma]))

    def reset_parameters(self) -> None:
        """Draw all parameters again with the initialisation `init`."""
        self.assign(*INITIALISATIONS[self.init](self.gamma))
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def _factors(self) -> Factors:
        """Return the factors of kernels.

        Without gradients, they are cached until a parameter changes.
        """
        if torch.is_grad_enabled() or torch.compiler.is_compiling():
            return self._build()
        now = torch.stack([self.raw_sigma_t, self.raw_sigma_f, self.raw_omega, self.gamma])
        # another thread may empty the cache
        cache = self._cache
        if cache is None or not identical(cache[0], now):
            cache = self._cache = (now, self._build())
        return cache[1]

    def _build(self) -> Factors:
        offset = WIDTH_OFFSET if self.grid == "published" else 0.0
        with torch.autocast(self.gamma.device.type, enabled=False):
            omega, gamma = self.omega, at_least_single(self.gamma)
            f_grid, t_grid = (at_least_single(g) for g in (self.frequency_grid, self.time_grid))
            frequency = modulate(
                gaussian(f_grid, self.sigma_f, offset), f_grid, omega * gamma.sin()
            )
            envelope = gaussian(t_grid, self.sigma_t, offset)
            return Factors(frequency, envelope, omega * gamma.cos(), t_grid)

    def train(self, mode: bool = True) -> STRFConv2d:
        """Switch to training or evaluation mode. The latter caches kernels between calls."""
        self._cache = None
        return super().train(mode)

    def kernels(self) -> Tensor:
        """Return the complex kernels, (out_channels, in_channels, frequency, time).

        >>> STRFConv2d(1, 64, kernel_size=(9, 111)).kernels().shape
        torch.Size([64, 1, 9, 111])
        """
        factors = self._factors()
        return torch.complex(*dense_kernels(factors.frequency, factors.time, ("real", "imag")))

    @torch.no_grad()
    def physical_parameters(self, hop: float, centres: Tensor) -> PhysicalParameters:
        """Return the four parameters in physical units.

        Parameters
        ----------
        hop : float
            Time between two frames, in seconds.
        centres : (n_features,) Tensor
            Centre frequency of each band, in hertz, all positive.

        Returns
        -------
        parameters : PhysicalParameters

        >>> strf = STRFConv2d(1, 1, kernel_size=9, n_features=3)
        >>> strf.assign(*torch.tensor([3.0, 2.0, torch.pi / 5, 0.0]).reshape(4, 1, 1))
        >>> strf.physical_parameters(0.01, torch.tensor([500.0, 1000.0, 2000.0]))[0]
        tensor([[10.]])
        """
        return physical_parameters(
            self.sigma_t, self.sigma_f, self.omega, self.gamma, hop, centres.to(self.gamma)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Correlate the input with every filter.

        Parameters
        ----------
        x : (batch, in_channels, n_features, frame) or (batch, n_features, frame) Tensor

        Returns
        -------
        response : (batch, channel, band, frame) Tensor
            `channel` is twice `out_channels` in mode "concat", and `out_channels` otherwise.

        Raises
        ------
        ValueError
            If the shape of the input is not as above, or the input is smaller than a kernel.
        """
        if x.ndim == 3:
            x = x[:, None]
        if x.ndim != 4 or x.shape[1:3] != (self.in_channels, self.n_features):
            raise ValueError(
                f"expected an input of shape (batch, {self.in_channels}, {self.n_features}, "
                f"frame), got {tuple(x.shape)}"
            )

        padding = self.padding
        if self.padding_mode != "zeros":
            pad_f, pad_t = padding
            x = F.pad(x, (pad_t, pad_t, pad_f, pad_f), mode=self.padding_mode)
            padding = (0, 0)
        y = correlate(
            x,
            self._factors(),
            PARTS[self.mode],
            self.stride,
            padding,
            self.dilation,
            self.groups,
            self.path,
        ).flatten(1, 2)
        return y if self.bias is None else y + self.bias[:, None, None]

    @classmethod
    def from_published(
        cls, state_dict: Mapping[str, Tensor], *, grid: str = "centred", **kwargs: Any
    ) -> STRFConv2d:
        """Load parameters of the layer released with the paper.

        Parameters
        ----------
        state_dict : mapping
            State dict of the published layer. `sigma_x` is the width in frequency and `sigma_y`
            that in time. The shape of `weight` gives the size of kernels. The values of `weight`,
            `theta` and `psi` have no effect on the output.
        grid : {"centred", "published"}, optional
            "published" reproduces the published outputs. "centred" (default) evaluates the same
            filters at the taps of the formula.
        kwargs : optional
            Other options of the constructor, e.g. `padding` or `mode`.

        Raises
        ------
        ValueError
            If an entry is missing or a width is not positive.
        """
        found = read_published(state_dict)
        out_channels, in_channels = found.gamma.shape
        in_channels *= kwargs.get("groups", 1)
        layer = cls(in_channels, out_channels, found.kernel_size, grid=grid, **kwargs)
        layer.assign(found.sigma_t, found.sigma_f, found.omega, found.gamma)
        return layer

    def extra_repr(self) -> str:
        """Return the main options, for `repr`."""
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding}, mode={self.mode!r}"
        )


def _two_integers(name: str, value: int | tuple[int, int], least: int = 1) -> tuple[int, int]:
    pair = _pair(value)
    are_sizes = (isinstance(n, int) and not isinstance(n, bool) and n >= least for n in pair)
    if len(pair) != 2 or not all(are_sizes):
        raise ValueError(f"{name} must be an integer from {least} or two, got {value!r}")
    return tuple(pair)
