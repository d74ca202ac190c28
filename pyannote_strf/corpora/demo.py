"""Demo corpus, generated from the sample recording of pyannote.audio.

- Source: the sample, a conversation of two speakers, is part of pyannote.audio, under its MIT
  licence. Noise is synthetic.
- Splits: 24 / 6 / 6 recordings of 30 seconds (train / development / test). Those of the train and
  development subsets contain utterances of one speaker, those of the test subset utterances of the
  other.
- Annotation: the times at which utterances were inserted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from pyannote.core import Annotation, Segment
from pyannote.database.util import load_rttm

from pyannote_strf.audio import SAMPLE

PROTOCOL = "Demo.SpeakerDiarization.OneSpeakerEach"
FILE_DURATION = 30.0
NUM_FILES = {"train": 24, "development": 6, "test": 6}

DATABASE_YML = """\
Databases:
  Demo: audio/{uri}.flac
Protocols:
  Demo:
    SpeakerDiarization:
      OneSpeakerEach:
        scope: file
        train:
          {uri: train.lst, annotation: train.rttm, annotated: train.uem}
        development:
          {uri: development.lst, annotation: development.rttm, annotated: development.uem}
        test:
          {uri: test.lst, annotation: test.rttm, annotated: test.uem}
"""


def build(root: Path, seed: int = 0) -> Path:
    """Write the demo corpus.

    Parameters
    ----------
    root : Path
        Directory to write to.
    seed : int, optional
        Seed of the random generator. Defaults to 0.

    Returns
    -------
    database_yml : Path
        Definition of the corpus.
    """
    rng = np.random.default_rng(seed)
    utterances, sample_rate = _utterances_by_speaker()
    trained, tested = sorted(utterances)
    speakers = {"train": trained, "development": trained, "test": tested}

    (root / "audio").mkdir(parents=True, exist_ok=True)
    for subset, count in NUM_FILES.items():
        speaker = speakers[subset]
        uris = [f"{subset}{index:02d}" for index in range(count)]
        with open(root / f"{subset}.rttm", "w") as rttm:
            for uri in uris:
                audio, annotation = _simulate(utterances[speaker], sample_rate, rng)
                annotation.uri = uri
                annotation.rename_labels({"speech": speaker}).write_rttm(rttm)
                soundfile.write(root / "audio" / f"{uri}.flac", audio, sample_rate)
        (root / f"{subset}.lst").write_text("".join(f"{uri}\n" for uri in uris))
        (root / f"{subset}.uem").write_text(
            "".join(f"{uri} 1 0.000 {FILE_DURATION:.3f}\n" for uri in uris)
        )
    database_yml = root / "database.yml"
    database_yml.write_text(DATABASE_YML)
    return database_yml


def _utterances_by_speaker() -> tuple[dict[str, list[np.ndarray]], int]:
    """Cut out the parts of the sample in which exactly one speaker is active."""
    audio, sample_rate = soundfile.read(SAMPLE, dtype="float32")
    annotation: Annotation = load_rttm(SAMPLE.with_suffix(".rttm"))["sample"]
    overlap = annotation.get_overlap()
    utterances = {}
    for speaker in annotation.labels():
        alone = annotation.label_timeline(speaker).extrude(overlap)
        utterances[speaker] = [
            audio[round(s.start * sample_rate) : round(s.end * sample_rate)]
            for s in alone
            if s.duration > 0.3
        ]
    return utterances, sample_rate


def _simulate(
    utterances: list[np.ndarray], sample_rate: int, rng: np.random.Generator
) -> tuple[np.ndarray, Annotation]:
    """Mix utterances at random times with noise, at signal-to-noise ratios of 3 to 20 dB."""
    num_samples = round(FILE_DURATION * sample_rate)
    speech = np.zeros(num_samples, dtype=np.float32)
    annotation = Annotation()
    start = rng.exponential(1.5)
    while start < FILE_DURATION - 1:
        utterance = utterances[rng.integers(len(utterances))]
        utterance = utterance[: round((FILE_DURATION - start) * sample_rate)]
        first = round(start * sample_rate)
        gain = 10 ** (rng.uniform(-6, 0) / 20) / np.abs(utterance).max()
        speech[first : first + len(utterance)] = gain * utterance[: num_samples - first]
        end = start + len(utterance) / sample_rate
        annotation[Segment(start, end)] = "speech"
        start = end + 0.5 + rng.exponential(2.0)
    level = np.sqrt(np.square(speech[speech != 0]).mean())
    snr = rng.uniform(3, 20)
    mixture = speech + level * 10 ** (-snr / 20) * _noise(num_samples, sample_rate, rng)
    return 0.5 * mixture / np.abs(mixture).max(), annotation


def _noise(num_samples: int, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Generate amplitude-modulated coloured noise of unit power, with a hum and a few bursts."""
    frequencies = np.fft.rfftfreq(num_samples, 1 / sample_rate)
    slope = rng.uniform(0, 1.2)
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    noise = np.fft.irfft(spectrum * np.maximum(frequencies, 20) ** -slope, num_samples)
    noise /= noise.std()

    time = np.arange(num_samples) / sample_rate
    rate, depth = rng.uniform(0.1, 2.0), rng.uniform(0, 0.7)
    noise *= 1 + depth * np.sin(2 * np.pi * (rate * time + rng.random()))

    pitch = rng.uniform(50, 400)
    for harmonic in range(1, 5):
        noise += rng.uniform(0, 0.3) * np.sin(2 * np.pi * harmonic * pitch * time)

    for _ in range(rng.poisson(8)):
        at, decay = rng.uniform(0, FILE_DURATION), rng.uniform(0.01, 0.3)
        envelope = np.where(time >= at, np.exp(-np.maximum(time - at, 0) / decay), 0)
        noise += rng.uniform(1, 4) * envelope * rng.standard_normal(num_samples)
    return noise / noise.std()
