"""Tiny corpora of synthetic speech, and tiny experiments on them."""

import os

# one core per test process; must be set before torch and numpy start threads
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml
from lightning.pytorch import Trainer
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.database import FileFinder, custom, registry

from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.validate import validate
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.train import train

# hides FFmpeg from subprocesses (setup.cfg hides it from this process)
WITHOUT_FFMPEG = str(Path(__file__).parent / "without_ffmpeg")
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [WITHOUT_FFMPEG, os.environ.get("PYTHONPATH")])
)
collect_ignore = ["without_ffmpeg"]

SAMPLE_RATE = 16000
PROTOCOL = "Tiny.SpeakerDiarization.Bursts"
SUBSETS = {"train": 3, "development": 2, "test": 2}
FILE_DURATION = 8.0

TINY_FRONTEND = {"name": "strf", "num_filters": 4, "kernel_size": [3, 11], "stride": [8, 2]}
FRONTENDS = [
    TINY_FRONTEND,
    {"name": "conv2d", "num_channels": 4, "kernel_size": [3, 11], "stride": [8, 1]},
    {"name": "mel"},
    {"name": "sincnet"},
]
TINY_ARCHITECTURE = {
    "frontend": TINY_FRONTEND,
    "lstm": {"hidden_size": 8, "num_layers": 1},
    "linear": {"hidden_size": 8, "num_layers": 1},
}
VOICES = "Choir.SpeakerVerification.Voices"
TINY_CONFIG = {
    "task": {"name": "SpeechActivityDetection", "params": {"duration": 2.0, "batch_size": 4}},
    "architecture": {"name": "STRFPyanNet", "params": TINY_ARCHITECTURE},
    "optimizer": {"name": "Adam"},
    "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 0.01}},
}

TINY_VERIFICATION = {
    "task": {
        "name": "SpeakerEmbedding",
        "params": {"duration": 1.0, "num_classes_per_batch": 4, "num_chunks_per_class": 2},
    },
    "architecture": {
        "name": "STRFTDNN",
        "params": {"frontend": TINY_FRONTEND, "dimension": 16},
    },
    "optimizer": {"name": "Adam"},
    "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 0.001}},
}

CLIPS = "Yard.Protocol.Fold1"
TINY_TAGGING = {
    "task": {"name": "AudioTagging", "params": {"duration": 0.4, "batch_size": 4}},
    "architecture": {"name": "STRFCNN10", "params": {"width": 1 / 8, "frontend": TINY_FRONTEND}},
    "optimizer": {"name": "Adam"},
    "scheduler": {"name": "ConstantScheduler", "params": {"learning_rate": 0.003}},
}


def buzz(duration: float, rng: np.random.Generator) -> np.ndarray:
    """Generate harmonics of 150 Hz, modulated at 4 Hz."""
    time = np.arange(round(duration * SAMPLE_RATE)) / SAMPLE_RATE
    harmonics = sum(np.sin(2 * np.pi * 150 * h * time) / h for h in range(1, 12))
    return 0.2 * (1 + np.sin(2 * np.pi * 4 * time + rng.uniform(0, 6))) * harmonics


def fit(model, **options) -> Trainer:
    """Train a model without output or files."""
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )
    trainer.fit(model)
    return trainer


@pytest.fixture(scope="session")
def shared(pytestconfig):
    """Folder of real recordings and reference lists, which are not part of this project."""
    folder = pytestconfig.rootpath.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` beside the checkout")
    return folder


@pytest.fixture
def same_registry_afterwards():
    """Restore the registry of pyannote.database after a test."""
    kept = _registry()
    yield
    _restore(kept)


def _registry():
    return {name: dict(getattr(registry, name)) for name in ("configs", "sources", "databases")}


def _restore(kept):
    for name, content in kept.items():
        getattr(registry, name).clear()
        getattr(registry, name).update(content)
    for database in registry.databases.values():
        for protocol in database._protocols.values():
            setattr(custom, protocol.__name__, protocol)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Directory of a corpus whose speech is a buzz in noise, at about 20 dB."""
    root = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    for subset, count in SUBSETS.items():
        uris = [f"{subset}{index}" for index in range(count)]
        rttm = []
        for uri in uris:
            audio = 0.01 * rng.standard_normal(round(FILE_DURATION * SAMPLE_RATE))
            for start, speaker in ((1.0, "A"), (4.5, "B")):
                duration = rng.uniform(1.0, 2.0)
                first = round(start * SAMPLE_RATE)
                speech = buzz(duration, rng)
                audio[first : first + len(speech)] += speech
                rttm.append(
                    f"SPEAKER {uri} 1 {start:.3f} {duration:.3f} <NA> <NA> {speaker} <NA> <NA>"
                )
            soundfile.write(root / f"{uri}.wav", 0.5 * audio, SAMPLE_RATE)
        (root / f"{subset}.lst").write_text("\n".join(uris) + "\n")
        (root / f"{subset}.rttm").write_text("\n".join(rttm) + "\n")
        (root / f"{subset}.uem").write_text(
            "".join(f"{uri} 1 0.000 {FILE_DURATION:.3f}\n" for uri in uris)
        )
    protocol = {
        subset: {
            "uri": f"{subset}.lst",
            "annotation": f"{subset}.rttm",
            "annotated": f"{subset}.uem",
        }
        for subset in SUBSETS
    }
    database_yml = {
        "Databases": {"Tiny": "{uri}.wav"},
        "Protocols": {"Tiny": {"SpeakerDiarization": {"Bursts": {"scope": "global", **protocol}}}},
    }
    (root / "database.yml").write_text(yaml.safe_dump(database_yml))
    return root


@pytest.fixture(scope="session")
def voices(tmp_path_factory):
    """Directory of a corpus whose speakers differ in pitch, with trials."""
    root = tmp_path_factory.mktemp("voices")
    rng = np.random.default_rng(0)
    protocol = {"scope": "global"}
    pitch = {"train": range(100, 180, 10), "development": (105, 145, 172), "test": (115, 135, 165)}
    for subset, pitches in pitch.items():
        uris = [(f"{subset}{hertz}-{take}", hertz) for hertz in pitches for take in range(3)]
        for uri, hertz in uris:
            time = np.arange(round(FILE_DURATION / 4 * SAMPLE_RATE)) / SAMPLE_RATE
            voice = sum(np.sin(2 * np.pi * hertz * h * time) / h for h in range(1, 20))
            noise = 20.0 * rng.standard_normal(len(time))
            soundfile.write(root / f"{uri}.wav", 0.01 * (voice + noise), SAMPLE_RATE)
        duration = FILE_DURATION / 4
        lines = {
            "lst": [uri for uri, _ in uris],
            "uem": [f"{uri} 1 0 {duration}" for uri, _ in uris],
            "rttm": [
                f"SPEAKER {uri} 1 0 {duration} <NA> <NA> {subset}{hertz} <NA> <NA>"
                for uri, hertz in uris
            ],
            "trial": [
                f"{int(left[1] == right[1])} {left[0]} {right[0]}"
                for left, right in combinations(uris, 2)
            ],
        }
        for suffix, content in lines.items():
            (root / f"{subset}.{suffix}").write_text("\n".join(content) + "\n")
        keys = {"uri": "lst", "annotation": "rttm", "annotated": "uem", "trial": "trial"}
        if subset == "train":
            del keys["trial"]
        protocol[subset] = {key: f"{subset}.{suffix}" for key, suffix in keys.items()}
    database_yml = {
        "Databases": {"Choir": "{uri}.wav"},
        "Protocols": {"Choir": {"SpeakerVerification": {"Voices": protocol}}},
    }
    (root / "database.yml").write_text(yaml.safe_dump(database_yml))
    return root


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Directory of a corpus of clips with a single label, whose classes are tones, and groups."""
    from tests.tasks.clips import single, write_clips

    root = tmp_path_factory.mktemp("clips")
    subsets = {subset: single(subset) for subset in SUBSETS}
    # group 0 of a subset holds takes 0 and 2 of each class
    groups = {
        uri: f"{subset} {int(uri[-1]) % 2}" for subset, tags in subsets.items() for uri in tags
    }
    write_clips(root, subsets, groups=groups)
    return root


@pytest.fixture(scope="session")
def trained_experiments(tmp_path_factory, corpus, voices, clips):
    """Directories of experiments of two epochs, trained and validated, by application."""
    kept = _registry()
    roots = {}
    for name, config, protocol, root in (
        ("sad", TINY_CONFIG, PROTOCOL, corpus),
        ("emb", TINY_VERIFICATION, VOICES, voices),
        ("tag", TINY_TAGGING, CLIPS, clips),
    ):
        roots[name] = tmp_path_factory.mktemp(name)
        (roots[name] / "config.yml").write_text(yaml.safe_dump(config))
        load_registry(root / "database.yml")
        application = get_application(name)
        train_dir = train(
            application, roots[name], protocol, end=2, num_workers=0, accelerator="cpu"
        )
        few = {"trials": 2} if name == "sad" else {}
        options = application.ValidateOptions(**few)
        validate(application, train_dir, protocol, "development", options=options)
    _restore(kept)
    return roots


@pytest.fixture
def verification(voices):
    registry.load_database(voices / "database.yml")
    return registry.get_protocol(VOICES, preprocessors={"audio": FileFinder()})


@pytest.fixture
def protocol(corpus):
    registry.load_database(corpus / "database.yml")
    return registry.get_protocol(PROTOCOL, preprocessors={"audio": FileFinder()})


@pytest.fixture
def experiment(tmp_path):
    """Directory of an experiment with a tiny model."""
    (tmp_path / "config.yml").write_text(yaml.safe_dump(TINY_CONFIG))
    return tmp_path


@pytest.fixture
def specifications():
    return Specifications(
        problem=Problem.BINARY_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=2.0,
        classes=["speech"],
    )


@pytest.fixture
def built(specifications):
    """Return a function that builds the task-dependent layers of a model."""

    def build(model):
        model.specifications = specifications
        model.setup()
        return model.eval()

    return build


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)
