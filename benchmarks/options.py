"""Front-ends in benchmarks, and the options that they have in each task."""

from __future__ import annotations

from typing import Any

import yaml

# Names in tables, and options that are not defaults. Tables and pictures have this order. Large
# front-ends are reduced, as the CNN10 is: "vgg", "musicnn" and "sample_cnn" have a quarter of the
# filters, and "multi_scale" has half of the filters and one frame every 160 samples.
FRONTENDS: dict[str, dict[str, Any]] = {
    "mel": {"name": "mel"},
    "strf": {"name": "strf"},
    "hybrid": {"name": "strf", "keep_spectrogram": True},
    "strf_free": {"name": "strf", "num_free_filters": 16},
    "strf_sincgram": {"name": "strf", "spectrogram": {"kind": "sincgram"}},
    "conv2d": {"name": "conv2d"},
    "full_band": {"name": "full_band"},
    "vgg": {"name": "vgg", "channels": [16, 32]},
    "musicnn": {"name": "musicnn", "num_vertical": 51, "num_horizontal": 13},
    "fcn5": {"name": "fcn5"},
    "sincgram": {"name": "mel", "spectrogram": {"kind": "sincgram"}},
    "degram": {"name": "degram"},
    "hcqt": {"name": "mel", "spectrogram": {"kind": "hcqt"}},
    "hstft": {"name": "mel", "spectrogram": {"kind": "hstft"}},
    "sincnet": {"name": "sincnet"},
    "frame_level": {"name": "frame_level"},
    "multi_scale": {"name": "multi_scale", "num_filters": 32, "stride": 160},
    "sample_cnn": {"name": "sample_cnn", "width": 0.25},
}

# These options reduce false alarms in unseen noise (see README.md): bands are measured relative to
# their recent level, noise alone is not amplified to the contrast of speech, and filters respond to
# modulations of any phase.
GAIN_CONTROL = {"spectrogram": {"gain_control": True}}
CONTRASTS = {"gain_control": True, "normalisation": "mean"}

# options in each task, by the name of the class
TASKS: dict[str, dict[str, dict[str, Any]]] = {
    "sad": {
        "strf": {"mode": "abs", "normalisation": "batch", "spectrogram": CONTRASTS},
        "conv2d": {"normalisation": "batch", "spectrogram": CONTRASTS},
        **dict.fromkeys(("mel", "full_band", "vgg", "musicnn", "degram"), GAIN_CONTROL),
    },
    "verification": {},
    "tagging": {
        "strf": {"mode": "abs", "kernel_size": [17, 31], "normalisation": "batch"},
        "conv2d": {"kernel_size": [17, 31], "normalisation": "batch"},
    },
}


def options_of(task: str, frontend: str) -> Any:
    """Return the options of a front-end in a task.

    Parameters
    ----------
    task : {"sad", "verification", "tagging"}
    frontend : str
        Name in `FRONTENDS`. Anything else is read as YAML, and has no other options.

    >>> options_of("sad", "sincgram")
    {'name': 'mel', 'spectrogram': {'gain_control': True, 'kind': 'sincgram'}}
    >>> options_of("sad", "{name: mel}")
    {'name': 'mel'}
    """
    if frontend not in FRONTENDS:
        return yaml.safe_load(frontend)
    own = FRONTENDS[frontend]
    of_task = TASKS[task].get(own["name"], {})
    merged = {"name": own["name"], **of_task, **own}
    spectrogram = {**of_task.get("spectrogram", {}), **own.get("spectrogram", {})}
    return {**merged, "spectrogram": spectrogram} if spectrogram else merged
