"""Speaker verification pipeline."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from pyannote.audio import Pipeline
from pyannote.audio.core.io import AudioFile
from pyannote.audio.core.task import Problem, Specifications
from pyannote.audio.pipelines.utils import PipelineModel
from pyannote.core import Segment
from pyannote.pipeline.parameter import Uniform

from pyannote_strf.audio import name_of
from pyannote_strf.metrics.score_normalisation import cosine
from pyannote_strf.models.checkpoint import get_model, name_of_model
from pyannote_strf.pipelines.finite import NOT_FINITE

# no model here fails on a longer recording because it is short, in seconds
LONG_ENOUGH = 1.0


class Verification(NamedTuple):
    """How alike two voices are, and whether they are taken for one."""

    score: float
    same: bool


class SpeakerVerification(Pipeline):
    """Do two recordings hold the same voice?

    Recordings are embedded as a whole, and compared by cosine similarity. Where a recording comes
    with `try_with`, as those of a protocol's trials do, only that part is embedded. Embeddings of
    files on disk are kept while these stay as they are: however many trials there are, each is
    embedded once.

    Parameters
    ----------
    embedding : Model, str or dict
        Trained model, or path to its checkpoint: see :func:`pyannote_strf.models.checkpoint.get_model`.
    token, cache_dir : optional
        For a model of the Hugging Face hub.

    Hyper-parameters
    ----------------
    threshold : float
        The same speaker, if cosine similarity reaches it.

    Raises
    ------
    ValueError
        If the model is of another kind.

    Examples
    --------
    >>> from pyannote.audio.core.task import Resolution
    >>> from pyannote_strf import STRFTDNN
    >>> model = STRFTDNN(frontend="mel")
    >>> model.specifications = Specifications(Problem.REPRESENTATION, Resolution.CHUNK, duration=2.0)
    >>> pipeline = SpeakerVerification(model).instantiate({"threshold": 0.5})
    >>> file = {"waveform": torch.ones(1, 16000), "sample_rate": 16000}
    >>> score, same = pipeline({"file1": file, "file2": file})
    >>> round(score, 3), same
    (1.0, True)
    """

    def __init__(
        self,
        embedding: PipelineModel,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
    ):
        super().__init__()
        self.embedding = embedding
        self._embedding = get_model(embedding, token, cache_dir)
        if not embeds_voices(self._embedding.specifications):
            raise ValueError(
                f"{name_of_model(embedding)}: not a model for speaker verification; use one that embeds "
                "voices"
            )
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
            If the recording cannot be read, is too short for the model, or has no part to try with;
            or if the model gives something that is not finite.
        """
        file = self._embedding.audio.validate_file(file)
        regions = tuple(file["try_with"]) if "try_with" in file else None
        if "waveform" in file or hasattr(file["audio"], "read"):
            return self._embed(file, regions)
        status = Path(file["audio"]).stat()
        version = status.st_mtime_ns, status.st_size
        key = str(file["audio"]), version, file.get("channel"), regions
        if key not in self._kept:
            self._kept[key] = self._embed(file, regions)
        return self._kept[key]

    def _embed(self, file: AudioFile, regions: tuple[Segment, ...] | None) -> np.ndarray:
        audio = self._embedding.audio
        if regions is None:
            waveform, _ = audio(file)
        else:
            extent = Segment(0, audio.get_duration(file))
            inside = [region & extent for region in regions if region & extent]
            if not inside:
                raise ValueError(f"{name_of(file)}: no part of it is to be tried with")
            waveform = torch.cat(
                [audio.crop(file, region, mode="pad")[0] for region in inside], dim=1
            )
        try:
            with torch.inference_mode():
                embedding = self._embedding(waveform[None].to(self._embedding.device))
        except (RuntimeError, ValueError) as error:
            duration = waveform.shape[1] / audio.sample_rate
            if duration > LONG_ENOUGH:
                raise
            raise ValueError(
                f"{name_of(file)}: {duration:.3f} s of audio are too short to be embedded "
                f"({str(error).splitlines()[0]})"
            ) from error
        if not embedding.isfinite().all():
            raise ValueError(f"{name_of(file)}: its embedding is {NOT_FINITE}")
        return embedding[0].float().cpu().numpy()


def embeds_voices(specifications: Specifications | tuple[Specifications, ...]) -> bool:
    """Whether a model returns embeddings.

    >>> from pyannote.audio.core.task import Resolution
    >>> embeds_voices(Specifications(Problem.REPRESENTATION, Resolution.CHUNK, duration=2.0))
    True
    """
    return (
        not isinstance(specifications, tuple) and specifications.problem == Problem.REPRESENTATION
    )
