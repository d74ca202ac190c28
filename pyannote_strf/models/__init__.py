from pyannote_strf.models.strf_pyannet import STRFPyanNet
from pyannote_strf.models.strf_tdnn import STRFTDNN

__all__ = ["STRFTDNN", "STRFPyanNet"]
