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

from pyannote_strf.metrics.score_normalisation import cosine
from pyannote_strf.models.checkpoint import get_model, name_of_model
from pyannote_strf.pipelines.finite import NOT_FINITE
from pyannote_strf.sound_files import name_of

# no model of this package fails because a recording of this duration is too short, in seconds
SUFFICIENT_DURATION = 1.0


class Verification(NamedTuple):
    """Result of a trial.

    Attributes
    ----------
    score : float
        Cosine similarity of both embeddings.
    same : bool
        Whether the score reaches the threshold.
    """

    score: float
    same: bool


class SpeakerVerification(Pipeline):
    """Decide whether two recordings are of the same speaker.

    The score is the cosine similarity of their embeddings. Each recording is embedded as a whole.
    If it has the key `try_with`, as in the trials of a protocol, only that part is embedded.
    Embeddings of the files of trials are cached until the file changes.

    Parameters
    ----------
    embedding : Model, str or dict
        Trained model or its checkpoint: see :func:`pyannote_strf.models.checkpoint.get_model`.
    token : str or bool, optional
        Token for the Hugging Face hub.
    cache_dir : str or Path, optional
        Folder for downloads from the Hugging Face hub.

    Hyper-parameters
    ----------------
    threshold : float
        Smallest cosine similarity that counts as the same speaker.

    Raises
    ------
    ValueError
        If the model does not return embeddings.

    Examples
    --------
    >>> from pyannote.audio.core.task import Resolution
    >>> from pyannote_strf import STRFTDNN
    >>> model = STRFTDNN(frontend="mel")
    >>> model.specifications = Specifications(Problem.REPRESENTATION, Resolution.CHUNK, 2.0)
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
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self._embedding = get_model(embedding, token, cache_dir)
        if not embeds_voices(self._embedding.specifications):
            raise ValueError(
                f"{name_of_model(embedding)}: not a model for speaker verification; use one that "
                "returns embeddings"
            )
        self._cache: dict[Hashable, np.ndarray] = {}
        self.threshold = Uniform(-1.0, 1.0)

    def default_parameters(self) -> dict[str, float]:
        """Return the default hyper-parameters."""
        return {"threshold": 0.5}

    def __call__(self, trial: Mapping[str, Any]) -> Verification:  # type: ignore[override]
        """Compare both recordings of a trial: see :meth:`apply`."""
        # upstream's method would treat the trial as a recording
        if not self.instantiated:
            self.instantiate(self.default_parameters())
        return self.apply(trial)

    def apply(self, trial: Mapping[str, Any]) -> Verification:
        """Compare both recordings of a trial.

        Parameters
        ----------
        trial : mapping
            "file1" and "file2", each a path or any other kind of file that pyannote.audio reads.

        Returns
        -------
        score : float
            Cosine similarity.
        same : bool
            Whether the score reaches the threshold.
        """
        sides = [self._cached(trial[side]) for side in ("file1", "file2")]
        score = float(cosine(*sides))
        return Verification(score, score >= self.threshold)

    def loss(self, trial: Mapping[str, Any], output: Verification) -> float:
        """Return 1 for a wrong decision, 0 for a right one."""
        return float(output.same != bool(trial["reference"]))

    def embed(self, file: AudioFile) -> np.ndarray:
        """Return the embedding of a recording.

        Parameters
        ----------
        file : AudioFile
            If it has the key `try_with`, a timeline, only that part is embedded.

        Returns
        -------
        embedding : (dimension,) array

        Raises
        ------
        ValueError
            If the recording cannot be read or is too short for the model, if `try_with` is empty,
            or if the embedding is NaN or infinite.
        """
        valid = self._embedding.audio.validate_file(file)
        return self._embed(valid, _regions(valid))

    def _cached(self, file: AudioFile) -> np.ndarray:
        """Return the embedding of a recording, which is kept until the file changes."""
        valid = self._embedding.audio.validate_file(file)
        if "waveform" in valid or hasattr(valid["audio"], "read"):
            return self.embed(file)
        regions = _regions(valid)
        status = Path(valid["audio"]).stat()
        version = status.st_mtime_ns, status.st_size
        key = str(valid["audio"]), version, valid.get("channel"), regions
        if key not in self._cache:
            self._cache[key] = self._embed(valid, regions)
        return self._cache[key]

    def _embed(self, file: Mapping[str, Any], regions: tuple[Segment, ...] | None) -> np.ndarray:
        audio = self._embedding.audio
        if regions is None:
            waveform, _ = audio(file)
        else:
            extent = Segment(0, audio.get_duration(file))
            inside = [region & extent for region in regions if region & extent]
            if not inside:
                raise ValueError(f"{name_of(file)}: `try_with` is empty or outside the file")
            waveform = torch.cat(
                [audio.crop(file, region, mode="pad")[0] for region in inside], dim=1
            )
        try:
            with torch.inference_mode():
                embedding = self._embedding(waveform[None].to(self._embedding.device))
        except (RuntimeError, ValueError) as error:
            duration = waveform.shape[1] / audio.sample_rate
            if duration > SUFFICIENT_DURATION:
                raise
            raise ValueError(
                f"{name_of(file)}: {duration:.3f} s of audio are too short to be embedded "
                f"({str(error).splitlines()[0]})"
            ) from error
        if not embedding.isfinite().all():
            raise ValueError(f"{name_of(file)}: its embedding is {NOT_FINITE}")
        return embedding[0].float().cpu().numpy()


def _regions(file: Mapping[str, Any]) -> tuple[Segment, ...] | None:
    return tuple(file["try_with"]) if "try_with" in file else None


def embeds_voices(specifications: Specifications | tuple[Specifications, ...]) -> bool:
    """Return whether a model with these specifications returns embeddings.

    >>> from pyannote.audio.core.task import Resolution
    >>> embeds_voices(Specifications(Problem.REPRESENTATION, Resolution.CHUNK, duration=2.0))
    True
    """
    return (
        not isinstance(specifications, tuple) and specifications.problem == Problem.REPRESENTATION
    )
