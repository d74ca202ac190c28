from pyannote_strf.pipelines.speech_activity_detection import SpeechActivityDetection

__all__ = ["SpeechActivityDetection"]
