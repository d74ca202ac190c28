"""Check of the shape of waveforms."""

from __future__ import annotations

from torch import Tensor


def check_waveforms(waveforms: Tensor, min_num_samples: int) -> None:
    """Check that waveforms are mono and long enough.

    Parameters
    ----------
    waveforms : Tensor
    min_num_samples : int
        Number of samples of the shortest supported waveform.

    Raises
    ------
    ValueError
        If waveforms are not mono, (batch, 1, sample), or too short.

    >>> import torch
    >>> check_waveforms(torch.zeros(2, 1, 399), 400)
    Traceback (most recent call last):
    ...
    ValueError: waveforms of 399 samples are too short: at least 400 samples are needed
    """
    if waveforms.ndim != 3 or waveforms.shape[1] != 1:
        raise ValueError(
            f"expected mono waveforms, (batch, 1, sample), got {tuple(waveforms.shape)}"
        )
    if waveforms.shape[-1] < min_num_samples:
        raise ValueError(
            f"waveforms of {waveforms.shape[-1]} samples are too short: at least {min_num_samples} "
            "samples are needed"
        )
