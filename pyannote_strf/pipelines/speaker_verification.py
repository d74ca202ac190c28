"""Speaker verification pipeline."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from pyannote.audio import Pipeline
from pyannote.audio.core.io import AudioFile
from pyannote.audio.pipelines.utils import PipelineModel, get_model
from pyannote.pipeline.parameter import Uniform

from pyannote_strf.metrics.score_normalisation import cosine


class Verification(NamedTuple):
    """How alike two voices are, and whether they are taken for one."""

    score: float
    same: bool


class SpeakerVerification(Pipeline):
    """Do two recordings hold the same voice?

    Recordings are embedded as a whole, and compared by cosine similarity. Where a recording comes
    with `try_with`, as those of a protocol's trials do, only that part is embedded. Embeddings of
    files on disk are kept: however many trials there are, each is embedded once.

    Parameters
    ----------
    embedding : Model, str or dict
        Trained model, or path to its checkpoint.

    Hyper-parameters
    ----------------
    threshold : float
        The same speaker, if cosine similarity reaches it.

    Examples
    --------
    >>> from pyannote_strf import STRFTDNN
    >>> pipeline = SpeakerVerification(STRFTDNN(frontend="mel")).instantiate({"threshold": 0.5})
    >>> file = {"waveform": torch.ones(1, 16000), "sample_rate": 16000}
    >>> score, same = pipeline({"file1": file, "file2": file})
    >>> round(score, 3), same
    (1.0, True)
    """

    def __init__(self, embedding: PipelineModel):
        super().__init__()
        self.embedding = embedding
        self._embedding = get_model(embedding)
        self._embedding.eval()
        self._kept: dict[Hashable, np.ndarray] = {}
        self.threshold = Uniform(-1.0, 1.0)

    def default_parameters(self) -> dict[str, float]:
        return {"threshold": 0.5}

    def __call__(self, trial: Mapping[str, Any]) -> Verification:
        """Compare both sides of a trial. Upstream's would take it for one recording."""
        if not self.instantiated:
            self.instantiate(self.default_parameters())
        return self.apply(trial)

    def apply(self, trial: Mapping[str, Any]) -> Verification:
        """Compare both sides of a trial.

        Parameters
        ----------
        trial : mapping
            "file1" and "file2", each a path, or whatever pyannote.audio takes for a file.

        Returns
        -------
        score : float
            Cosine similarity.
        same : bool
        """
        sides = [self.embed(trial[side]) for side in ("file1", "file2")]
        score = float(cosine(*sides))
        return Verification(score, score >= self.threshold)

    def loss(self, trial: Mapping[str, Any], output: Verification) -> float:
        """1 for a wrong decision, 0 for a right one."""
        return float(output.same != bool(trial["reference"]))

    def embed(self, file: AudioFile) -> np.ndarray:
        """Embed a recording.

        Returns
        -------
        embedding : (dimension,) array

        Raises
        ------
        ValueError
            If the recording cannot be read, or is too short for the model.
        """
        file = self._embedding.audio.validate_file(file)
        regions = tuple(file["try_with"]) if "try_with" in file else ()
        if "waveform" in file or hasattr(file["audio"], "read"):
            return self._embed(file, regions)
        key = str(file["audio"]), regions
        if key not in self._kept:
            self._kept[key] = self._embed(file, regions)
        return self._kept[key]

    def _embed(self, file: AudioFile, regions: tuple) -> np.ndarray:
        audio = self._embedding.audio
        if regions:
            waveform = torch.cat(
                [audio.crop(file, region, mode="pad")[0] for region in regions], dim=1
            )
        else:
            waveform, _ = audio(file)
        try:
            with torch.inference_mode():
                embedding = self._embedding(waveform[None].to(self._embedding.device))
        except (RuntimeError, ValueError) as error:
            duration = waveform.shape[1] / audio.sample_rate
            raise ValueError(
                f"{file['uri']}: {duration:.3f} s of audio cannot be embedded, are they too short? "
                f"({str(error).splitlines()[0]})"
            ) from error
        return embedding[0].float().cpu().numpy()
