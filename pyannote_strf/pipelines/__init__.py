"""Pipelines of pyannote.audio: speech activity detection and speaker verification."""

from pyannote_strf.pipelines.speaker_verification import SpeakerVerification
from pyannote_strf.pipelines.speech_activity_detection import SpeechActivityDetection

__all__ = ["SpeakerVerification", "SpeechActivityDetection"]
