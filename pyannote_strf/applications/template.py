"""The `config.yml` that `init` writes."""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.files import write_text

HEADER = """\
# Every section is `{name, params}`; names are looked up among registered plugins first, and may be
# dotted paths of your own classes.

"""

DATA = """\
# Noise added to every training chunk, out of a folder of audio files or a pyannote.database
# collection, at a random signal-to-noise ratio in decibels.
# data_augmentation:
#   name: AddNoise
#   params:
#     snr_min: 5
#     snr_max: 20
#     collection: MUSAN.Collection.BackgroundNoise

feature_extraction:
  name: RawAudio
  params:
    sample_rate: 16000     # hertz; audio at any other rate is resampled

"""

TRAINING = """\
optimizer:
  name: Adam               # any of torch.optim

scheduler:
  name: ConstantScheduler  # or any of torch.optim.lr_scheduler, with its params
  params:
    learning_rate: 0.001
    # filters_learning_rate: 0.01    # of spectro-temporal filters, which move little otherwise

# Anything protocol files should hold besides what their protocol says.
# preprocessors:
#   audio: /path/to/{uri}.wav

# Lightning callbacks. FilterLog shows in TensorBoard what filters look like, and how far they moved.
callbacks:
  - name: FilterLog
  # - name: LearningRateMonitor
"""


def template(title: str, task: str, architecture: str) -> str:
    """A commented `config.yml`.

    Parameters
    ----------
    title : str
        What is trained, in a sentence.
    task, architecture : str
        These sections.
    """
    return "".join([f"# {title}\n", HEADER, task, "\n", DATA, architecture, "\n", TRAINING])


def write_config(root: Path, content: str) -> Path:
    """Write the `config.yml` of a new experiment.

    Raises
    ------
    ValueError
        If there is one already.
    """
    path = root / "config.yml"
    if path.exists():
        raise ValueError(f"{path}: exists already, and is left as it is")
    write_text(path, content)
    return path
