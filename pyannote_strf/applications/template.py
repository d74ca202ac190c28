"""Templates of `config.yml`."""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.files import write_text

HEADER = """\
# Most sections have a `name` and `params`. A name is a registered plug-in, the dotted path of a
# class, or a class of torch.optim for the optimizer.

"""

DATA = """\
# Add noise to every training chunk, at a random signal-to-noise ratio in decibels. `collection` is
# a collection of pyannote.database, or a folder of audio files.
# data_augmentation:
#   name: AddNoise
#   params:
#     snr_min: 5
#     snr_max: 20
#     collection: MUSAN.Collection.BackgroundNoise

feature_extraction:
  name: RawAudio
  params:
    sample_rate: 16000     # hertz; audio at other rates is resampled

"""

TRAINING = """\
optimizer:
  name: Adam               # any of torch.optim

scheduler:
  name: ConstantScheduler  # or any of torch.optim.lr_scheduler, with its params
  params:
    learning_rate: 0.001
    # filters_learning_rate: 0.01    # for spectro-temporal filters, which learn slowly

# Additional keys of protocol files.
# preprocessors:
#   audio: /path/to/{uri}.wav

# Lightning callbacks. FilterLog logs filters and their displacement to TensorBoard.
callbacks:
  - name: FilterLog
  # - name: LearningRateMonitor
"""


def template(title: str, task: str, architecture: str) -> str:
    """Return the content of a commented `config.yml`.

    Parameters
    ----------
    title : str
        Description in one sentence.
    task, architecture : str
        YAML of these sections.
    """
    return "".join([f"# {title}\n", HEADER, task, "\n", DATA, architecture, "\n", TRAINING])


def write_config(root: Path, content: str) -> Path:
    """Write the `config.yml` of a new experiment.

    Raises
    ------
    ValueError
        If it exists.
    """
    path = root / "config.yml"
    if path.exists():
        raise ValueError(f"{path}: already exists; delete it to write a new one")
    write_text(path, content)
    return path
