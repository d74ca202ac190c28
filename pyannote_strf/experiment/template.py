"""The config.yml that `sad init` writes."""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.files import write_text

SAD_CONFIG = """\
# Speech activity detection with a learnable spectro-temporal front-end.
# Every section is `{name, params}`; names are looked up among registered plugins first, and may be
# dotted paths of your own classes.

task:
  name: SpeechActivityDetection
  params:
    duration: 2.0          # seconds in a chunk
    batch_size: 32         # chunks in a batch
    # per_epoch: 1         # days of audio in an epoch; by default, as much as there is to train on

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

architecture:
  name: STRFPyanNet
  params:
    frontend:
      name: strf           # or mel, conv2d, sincnet
      # num_filters: 64
      # stride: 4          # bands between responses along frequency
    # lstm: {hidden_size: 128, num_layers: 2, bidirectional: true}
    # linear: {hidden_size: 128, num_layers: 2}

optimizer:
  name: Adam               # any of torch.optim

scheduler:
  name: ConstantScheduler  # or any of torch.optim.lr_scheduler, with its params
  params:
    learning_rate: 0.001

# Anything protocol files should hold besides what their protocol says.
# preprocessors:
#   audio: /path/to/{uri}.wav

# Lightning callbacks.
# callbacks:
#   - name: LearningRateMonitor
"""


def write_default_config(root: Path) -> Path:
    """Write a commented `config.yml`.

    Raises
    ------
    ValueError
        If there is one already.
    """
    path = root / "config.yml"
    if path.exists():
        raise ValueError(f"{path}: exists already, and is left as it is")
    write_text(path, SAD_CONFIG)
    return path
