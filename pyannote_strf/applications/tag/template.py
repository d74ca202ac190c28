"""Template of `config.yml`."""

from __future__ import annotations

from pyannote_strf.applications.tag.recipes import RECIPES
from pyannote_strf.applications.template import template

_GENERAL = template(
    "Audio tagging with a learnable spectro-temporal front-end.",
    """\
# Recipes for urban sound, for short calls and for few clips are at the end of this file.
task:
  name: AudioTagging
  params:
    duration: 5.0          # seconds in a clip: longer ones are cropped in training
    short_clips: repeat    # or pad: models skip zeros at the end; pad_left: zeros at the start
    # windows: all         # train on all windows of longer clips, half overlapping
    batch_size: 32         # clips in a batch
    # mixup: 1.0           # mixes the images of two clips, and their labels
    # spec_augment: {num_masks: 2, bands: 0.125, frames: 0.064}  # masks over images
    # balance: true        # draw all classes equally often
    # class_weights: balanced         # weights of classes in the loss, or {dog: 2.0}
    # label_smoothing: 0.1
""",
    """\
architecture:
  name: STRFCNN10
  params:
    width: 0.5             # of the channels of CNN10; 1.0 is the published network
    # Other front-ends: {name: mel}, {name: conv2d}, {name: sincnet}.
    frontend:
      name: strf
      mode: abs            # magnitude of responses, whatever the phase of modulations
      # num_filters: 64
      # stride: [4, 2]     # bands and frames between responses
""",
)

TEMPLATE = _GENERAL + RECIPES
