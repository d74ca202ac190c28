"""Training tasks of pyannote.audio: speech activity, speaker embedding, audio tagging."""

import pyannote_strf.compat.data_workers  # noqa: F401
from pyannote_strf.tasks.audio_tagging import AudioTagging
from pyannote_strf.tasks.speaker_embedding import SpeakerEmbedding
from pyannote_strf.tasks.speech_activity_detection import SpeechActivityDetection

__all__ = ["AudioTagging", "SpeakerEmbedding", "SpeechActivityDetection"]
