from pyannote_strf.models.strf_pyannet import STRFPyanNet

__all__ = ["STRFPyanNet"]
