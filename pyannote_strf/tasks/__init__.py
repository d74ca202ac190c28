"""Training tasks of pyannote.audio: speech activity detection and speaker embedding."""

import pyannote_strf.compat.data_workers  # noqa: F401
from pyannote_strf.tasks.speaker_embedding import SpeakerEmbedding
from pyannote_strf.tasks.speech_activity_detection import SpeechActivityDetection

__all__ = ["SpeakerEmbedding", "SpeechActivityDetection"]
