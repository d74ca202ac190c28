"""Data augmentation with additive noise."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import torch
from pyannote.core import Segment
from pyannote.database import FileFinder, registry
from torch import Tensor
from torch_audiomentations import AddBackgroundNoise

from pyannote_strf.audio import Audio
from pyannote_strf.checks import check_number
from pyannote_strf.files import iter_files

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")

# shortest piece of noise to read, in seconds
MIN_DURATION = 0.01


class AddNoise(AddBackgroundNoise):
    """Add noise to every training chunk, as `AddNoise` of pyannote.audio 1.1 does.

    Parameters
    ----------
    audio : Audio
        Reader at the sample rate of the model. (torch-audiomentations 0.12 reads with torchaudio,
        which needs FFmpeg.)
    collection : str or list of str
        One or more sources of noise: names of pyannote.database collections, e.g.
        "MUSAN.Collection.BackgroundNoise", or paths to folders of audio files.
    snr_min, snr_max : float, optional
        Range of the signal-to-noise ratio, in decibels. Defaults to 5 to 20. The ratio of each
        chunk is drawn uniformly.

    Raises
    ------
    ValueError
        If a collection or folder does not exist, or contains no audio.
    """

    def __init__(
        self,
        audio: Audio,
        collection: str | list[str],
        snr_min: float = 5.0,
        snr_max: float = 20.0,
    ) -> None:
        names = [collection] if isinstance(collection, str) else collection
        check_number("snr_min", snr_min)
        check_number("snr_max", snr_max)
        if not names:
            raise ValueError("collection is empty; name a folder or a collection")
        if snr_min > snr_max:
            raise ValueError(f"snr_min ({snr_min}) is above snr_max ({snr_max})")
        # skip the constructor of torch-audiomentations 0.12, which accepts .wav files only
        super(AddBackgroundNoise, self).__init__(mode="per_example", p=1.0, output_type="dict")
        self.background_paths = [path for name in names for path in find_noise(name)]
        self.min_snr_in_db = snr_min
        self.max_snr_in_db = snr_max
        self.reader = audio

    def random_background(self, audio: Any, target_num_samples: int) -> Tensor:
        """Draw noise of unit power, from as many files as needed.

        Parameters
        ----------
        audio : object
            Reader of torch-audiomentations. Ignored.
        target_num_samples : int

        Returns
        -------
        noise : (1, target_num_samples) Tensor
        """
        pieces: list[Tensor] = []
        missing = target_num_samples
        while missing > 0:
            path = random.choice(self.background_paths)
            available = self.reader.get_duration(path)
            # a shorter piece may have no sample at the rate of the file
            duration = min(max(missing / self.reader.sample_rate, MIN_DURATION), available)
            start = random.uniform(0, available - duration)
            piece, _ = self.reader.crop(path, Segment(start, start + duration))
            pieces.append(self.reader.power_normalize(piece[:, :missing]))
            missing -= pieces[-1].shape[1]
        return self.reader.power_normalize(torch.cat(pieces, dim=1))


def find_noise(name: str) -> list[Path]:
    """Return the audio files of a folder and its subfolders, or of a pyannote.database collection.

    Hidden files and folders are skipped.

    Raises
    ------
    ValueError
        If the folder or collection does not exist, or contains no audio.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        paths = [path for path in iter_files(folder) if path.suffix.lower() in AUDIO_SUFFIXES]
    elif name.count(".") == 2:
        try:
            protocol = registry.get_protocol(name, preprocessors={"audio": FileFinder()})
            paths = [Path(file["audio"]) for file in protocol.files()]
        except (ValueError, KeyError, FileNotFoundError) as error:
            raise ValueError(
                f"noise {name!r}: {str(error).splitlines()[0]}; define it in a database.yml, or "
                "name a folder"
            ) from None
    else:
        raise ValueError(f"noise {name!r} is neither a folder nor a collection")
    if not paths:
        raise ValueError(f"noise {name!r}: no audio file found")
    return paths
