"""Pipelines of pyannote.audio: speech activity detection, speaker verification, audio tagging."""

from pyannote_strf.pipelines.audio_tagging import AudioTagging
from pyannote_strf.pipelines.speaker_verification import SpeakerVerification
from pyannote_strf.pipelines.speech_activity_detection import SpeechActivityDetection

__all__ = ["AudioTagging", "SpeakerVerification", "SpeechActivityDetection"]
