"""Options of the front-ends in benchmarks."""

from __future__ import annotations

from typing import Any

# These options reduce false alarms in unseen noise (see README.md): bands are measured relative to
# their recent level, noise alone is not amplified to the contrast of speech, and filters respond to
# modulations of any phase.
CONTRASTS = {"gain_control": True, "normalisation": "mean"}

# for speech activity detection
SPEECH_ACTIVITY: dict[str, dict[str, Any]] = {
    "strf": {"name": "strf", "mode": "abs", "normalisation": "batch", "spectrogram": CONTRASTS},
    "sincnet": {"name": "sincnet"},
    "mel": {"name": "mel", "spectrogram": {"gain_control": True}},
    "conv2d": {"name": "conv2d", "normalisation": "batch", "spectrogram": CONTRASTS},
}

# for speaker verification; chosen on held-out speakers, see LOG.md
VERIFICATION: dict[str, dict[str, Any]] = {
    "strf": {"name": "strf", "keep_spectrogram": True},
    "sincnet": {"name": "sincnet"},
    "mel": {"name": "mel"},
    "conv2d": {"name": "conv2d"},
}
