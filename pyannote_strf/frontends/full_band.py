"""Filters over all bands of a spectrogram."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pyannote_strf.checks import check_choice, check_size
from pyannote_strf.frontends.filtered import MAX_KERNEL_SIZE
from pyannote_strf.frontends.kernels import SpectrogramKernels
from pyannote_strf.frontends.spectrogram import SpectrogramFrontend
from pyannote_strf.layers.activations import ACTIVATIONS


class FullBand(SpectrogramFrontend):
    """Spectrogram, convolution along time over all bands, normalisation, activation.

    Responses are bands of one channel, each normalised over time. They have no centre frequency.

    Parameters
    ----------
    sample_rate : int, optional
        In hertz. Defaults to 16000.
    spectrogram : dict, optional
        Options of :class:`~pyannote_strf.layers.spectrogram.Spectrogram`.
    num_filters : int, optional
        Number of filters. Defaults to 128.
    kernel_size : int, optional
        Length of filters, in frames. Must be odd. Defaults to 7.
    stride : int, optional
        In frames. Defaults to 1.
    activation : {"relu", "leaky_relu", "gelu"}, optional
        Activation function. Defaults to "relu".
    keep_spectrogram : bool, optional
        Whether to add the spectrogram after the bands of responses, one band for each of its bands
        and frames within a stride. Defaults to False.

    Raises
    ------
    ValueError
        If an option does not exist or is out of range.

    References
    ----------
    H. Lee, Y. Largman, P. Pham and A. Y. Ng, "Unsupervised feature learning for audio
    classification using convolutional deep belief networks", NIPS 2009.

    Examples
    --------
    >>> import torch
    >>> FullBand()(torch.randn(1, 1, 32000)).shape
    torch.Size([1, 1, 128, 198])
    """

    # normalisation over time needs two frames
    min_num_frames = 2

    def __init__(
        self,
        sample_rate: int = 16000,
        spectrogram: dict | None = None,
        num_filters: int = 128,
        kernel_size: int = 7,
        stride: int = 1,
        activation: str = "relu",
        keep_spectrogram: bool = False,
    ) -> None:
        check_size("num_filters", num_filters)
        check_size("kernel_size", kernel_size, MAX_KERNEL_SIZE)
        check_size("stride", stride)
        check_choice("activation", activation, ACTIVATIONS)
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, got {kernel_size}")
        super().__init__(sample_rate=sample_rate, spectrogram=spectrogram, step=stride)
        num_inputs = self.spectrogram.num_channels * self.spectrogram.num_bands
        self.num_bands = num_filters + (stride * num_inputs if keep_spectrogram else 0)
        self.activation = activation
        self.keep_spectrogram = keep_spectrogram
        self.filters = nn.Conv1d(
            num_inputs,
            num_filters,
            kernel_size,
            stride,
            padding=kernel_size // 2,
            bias=False,
        )
        self.normalisation = nn.InstanceNorm1d(num_filters, affine=True)

    def kernels(self) -> SpectrogramKernels:
        """Return kernels over all bands."""
        shape = (self.spectrogram.num_channels, self.spectrogram.num_bands)
        kernels = {"free": self.filters.weight.unflatten(1, shape)}
        return SpectrogramKernels(kernels, self.spectrogram, (1, self.step), slide=False)

    def image(self, waveforms: Tensor) -> Tensor:
        """Return the images of waveforms: see :meth:`forward`."""
        spectrogram = self.spectrogram(waveforms).flatten(1, 2)
        image = ACTIVATIONS[self.activation](self.normalisation(self.filters(spectrogram)))
        if self.keep_spectrogram:
            padded = F.pad(spectrogram, (0, self.step - 1), mode="replicate")[:, :, None]
            kept = F.unfold(padded, (1, self.step), stride=(1, self.step))
            image = torch.cat([image, kept.to(image)], dim=1)
        return image[:, None]
