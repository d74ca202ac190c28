from pyannote_strf.tasks.speech_activity_detection import SpeechActivityDetection

__all__ = ["SpeechActivityDetection"]
