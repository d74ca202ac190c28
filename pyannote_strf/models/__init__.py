"""Models of pyannote.audio: a front-end, a back-end and a head."""

from pyannote_strf.models.degramnet import DEGramNet, DEGramNetEmbedding
from pyannote_strf.models.strf_cnn10 import STRFCNN10
from pyannote_strf.models.strf_pyannet import STRFPyanNet
from pyannote_strf.models.strf_tdnn import STRFTDNN

__all__ = ["STRFCNN10", "STRFTDNN", "DEGramNet", "DEGramNetEmbedding", "STRFPyanNet"]
