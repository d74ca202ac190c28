"""Options that front-ends are measured with."""

from __future__ import annotations

# Unseen noise is taken for speech less often where bands are measured relative to their recent level,
# noise alone is not raised to the contrasts of speech, and filters respond to modulations of any phase:
# see README.md.
CONTRASTS = {"gain_control": True, "normalisation": "mean"}

# for speech activity detection
SPEECH_ACTIVITY = {
    "strf": {"name": "strf", "mode": "abs", "normalisation": "batch", "spectrogram": CONTRASTS},
    "sincnet": {"name": "sincnet"},
    "mel": {"name": "mel", "spectrogram": {"gain_control": True}},
    "conv2d": {"name": "conv2d", "normalisation": "batch", "spectrogram": CONTRASTS},
}
