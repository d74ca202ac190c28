"""Recipes that the template of `config.yml` holds as comments."""

from __future__ import annotations

URBAN_SOUND = """\
task:
  name: AudioTagging
  params:
    duration: 5.0          # as ESC-50; 10.0 for SONYC-UST
    short_clips: pad       # with zeros at the end, which models skip
    # For UrbanSound8K, as published:
    # duration: 4.03667    # 178,017 samples, as the longest clip
    # short_clips: pad_left  # with zeros at the start, which models read
    batch_size: 64         # clips in a batch
    mixup: 1.0             # weights are uniform between 0 and 1
    spec_augment:
      num_masks: 2         # along each axis
      bands: 0.125         # 8 of 64 bands
      frames: 0.12         # 24 of 200 frames; 0.15 for 4 s, 0.06 for 10 s

feature_extraction:
  name: RawAudio
  params:
    sample_rate: 44100     # hertz

architecture:
  name: STRFCNN10
  params:
    width: 1.0             # 64, 128, 256 and 512 channels
    frontend:
      name: strf
      mode: abs            # magnitude of responses
      num_filters: 64      # channels of the image that CNN10 reads
      kernel_size: [9, 45] # bands and frames: 1.1 s
      stride: [4, 2]       # bands and frames between responses
      spectrogram:
        window: 0.064      # seconds: 2822 samples
        n_fft: 2822        # samples: no zeros around the window
        hop: 0.025         # seconds between frames
        num_bands: 64      # mel bands
        f_max: 8000.0      # hertz: upper edge of the highest band
        dynamic_range: 80.0  # decibels below the loudest

optimizer:
  name: Adam               # any of torch.optim

scheduler:
  name: ConstantScheduler  # the same learning rate in all epochs
  params:
    learning_rate: 0.001

callbacks:
  - name: FilterLog        # filters in TensorBoard
"""

SHORT_CALLS = """\
task:
  name: AudioTagging
  params:
    duration: 0.5          # seconds: most calls are shorter
    short_clips: pad       # models skip the padding; repetition would add a rhythm
    batch_size: 32         # clips in a batch
    balance: true          # some kinds of calls are rare
    spec_augment:
      num_masks: 1         # along each axis
      bands: 0.125         # largest width, as a proportion of the image
      frames: 0.064        # likewise
    label_smoothing: 0.1   # labels of calls are not always certain

feature_extraction:
  name: RawAudio
  params:
    sample_rate: 32000     # hertz: at least twice f_max

architecture:
  name: STRFCNN10
  params:
    width: 0.25            # a few hundred calls do not train more
    dropout: 0.2           # probability, after each block
    frontend:
      name: strf
      mode: abs            # magnitude of responses
      num_filters: 32      # channels of the image that CNN10 reads
      kernel_size: [9, 41] # bands and frames: 0.2 s
      stride: [4, 1]       # every frame: calls are short
      spectrogram:
        window: 0.016      # seconds: calls change fast
        hop: 0.005         # seconds between frames
        num_bands: 64      # mel bands
        f_min: 250.0       # hertz: below is wind
        f_max: 12000.0     # hertz: highest overtones
        dynamic_range: 60.0  # decibels below the loudest

optimizer:
  name: Adam               # any of torch.optim

scheduler:
  name: ConstantScheduler  # the same learning rate in all epochs
  params:
    learning_rate: 0.001

callbacks:
  - name: FilterLog        # filters in TensorBoard
"""

FEW_CLIPS = """\
task:
  name: AudioTagging
  params:
    duration: 2.5          # seconds: a random half of clips of 5 s
    batch_size: 32         # clips in a batch
    mixup: 0.5             # mixes the images of two clips, and their labels

feature_extraction:
  name: RawAudio
  params:
    sample_rate: 32000     # hertz

architecture:
  name: STRFCNN10
  params:
    width: 0.25            # 320,000 parameters
    dropout: 0.0           # narrow networks learn faster without
    frontend:
      name: strf
      mode: abs            # magnitude of responses
      num_filters: 64      # channels of the image that CNN10 reads
      kernel_size: [17, 31]  # bands and frames: 0.4 s
      stride: [4, 2]       # bands and frames between responses
      normalisation: batch # keeps differences between clips
      spectrogram:
        window: 0.025      # seconds
        hop: 0.0125        # seconds between frames
        normalisation: mean  # keeps contrasts in decibels

optimizer:
  name: AdamW
  params:
    weight_decay: 0.01

scheduler:
  name: OneCycleLR         # rises, then falls to zero
  params:
    max_lr: 0.006
    total_steps: 80        # number of epochs: train with --to=80

callbacks:
  - name: FilterLog        # filters in TensorBoard
"""

URBAN_NOTES = """\
Arnault et al. (2020), "Urban sound classification: striving towards a fair comparison", with
spectro-temporal filters on the mel spectrogram. What deviates, and why:
- Ralamb in Lookahead is not in torch. This is Adam, as in PANNs, at the same learning rate.
- Their CNN10 reads the mel spectrogram. Here filters on it are the input channels of CNN10.
  Their stride saves seven eighths of its computation.
- The spectrogram has zero mean and unit variance, which filters need. Theirs is in decibels.
- Masks and mixup apply to the responses of filters, so that filters read clean sound.
- They mix neighbours in a batch, which halves it. Here each clip is mixed with another one.
- For a single label, they train with binary cross-entropy. This is cross-entropy.
- For SONYC-UST, they sum the loss of fine labels over a batch, and average that of coarse ones.
  Here all labels weigh the same.
- They report the best epoch of each metric on the clips that they test on. `validate` chooses
  one epoch on the development subset.
"""

CALLS_NOTES = """\
Short calls of animals. There is no published recipe: Riad et al. (2021) do not say which models
and clips they trained on zebra finches. Choose the band and the duration for your species.
"""

FEW_CLIPS_NOTES = """\
A few hundred clips. benchmarks/README.md lists accuracies on ESC-10, where the learning rate
changes after every step. Train with `cross-validate --epoch=last`, or apply the last epoch.
"""


def _comment(text: str, mark: str) -> str:
    return "".join(f"{mark} {line}".rstrip() + "\n" for line in text.splitlines())


RECIPES = "".join(
    [
        "\n\n## Complete recipes. To use one, replace all lines above by its lines without `# `.\n",
        *("\n## 1. Urban sound\n\n", _comment(URBAN_SOUND, "#"), "\n"),
        _comment(URBAN_NOTES, "##"),
        *("\n## 2. Short calls\n\n", _comment(SHORT_CALLS, "#"), "\n"),
        _comment(CALLS_NOTES, "##"),
        *("\n## 3. A few hundred clips\n\n", _comment(FEW_CLIPS, "#"), "\n"),
        _comment(FEW_CLIPS_NOTES, "##"),
    ]
)
