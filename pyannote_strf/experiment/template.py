"""The config.yml that `init` writes."""

from __future__ import annotations

from pathlib import Path

from pyannote_strf.files import write_text

SAD_TASK = """\
# Speech activity detection with a learnable spectro-temporal front-end.
# Every section is `{name, params}`; names are looked up among registered plugins first, and may be
# dotted paths of your own classes.

task:
  name: SpeechActivityDetection
  params:
    duration: 2.0          # seconds in a chunk
    batch_size: 32         # chunks in a batch
    # per_epoch: 1         # days of audio in an epoch; by default, as much as there is to train on

"""

EMB_TASK = """\
# Speaker embedding with a learnable spectro-temporal front-end.
# Every section is `{name, params}`; names are looked up among registered plugins first, and may be
# dotted paths of your own classes.

task:
  name: SpeakerEmbedding
  params:
    loss: additive_angular_margin   # or additive_margin, softmax, triplet
    margin: 0.2                     # radians
    scale: 30
    duration: 3.0                   # seconds in a chunk; shorter turns are left out
    # min_duration: 1.0             # batches of random duration, between this one and `duration`
    num_classes_per_batch: 32       # speakers in a batch
    num_chunks_per_class: 1         # chunks of each speaker; triplet needs two at least
    # label_min_duration: 30        # leave out speakers with less speech, in seconds
    # per_epoch: 1                  # days of audio in an epoch; by default, all there is

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

SAD_ARCHITECTURE = """\
architecture:
  name: STRFPyanNet
  params:
    frontend:
      name: strf           # or mel, conv2d, sincnet
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
      # spectrogram: {gain_control: true}    # bands relative to their recent level
    # lstm: {hidden_size: 128, num_layers: 2, bidirectional: true}
    # linear: {hidden_size: 128, num_layers: 2}

"""

EMB_ARCHITECTURE = """\
architecture:
  name: STRFTDNN
  params:
    frontend:
      name: strf           # or mel, conv2d, sincnet
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
      # spectrogram: {gain_control: false}   # bands relative to their recent level
    # dimension: 512

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

CONFIGS = {
    "sad": SAD_TASK + DATA + SAD_ARCHITECTURE + TRAINING,
    "emb": EMB_TASK + DATA + EMB_ARCHITECTURE + TRAINING,
}


def write_default_config(root: Path, command: str) -> Path:
    """Write a commented `config.yml`.

    Parameters
    ----------
    root : Path
        Experiment directory.
    command : {"sad", "emb"}

    Raises
    ------
    ValueError
        If there is one already.
    """
    path = root / "config.yml"
    if path.exists():
        raise ValueError(f"{path}: exists already, and is left as it is")
    write_text(path, CONFIGS[command])
    return path
