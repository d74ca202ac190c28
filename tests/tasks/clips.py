"""Corpora of generated clips."""

from types import SimpleNamespace

import numpy as np
import soundfile
import yaml
from pyannote.database import FileFinder, registry

from pyannote_strf import STRFCNN10
from pyannote_strf.tasks import AudioTagging
from tests.conftest import CLIPS, TINY_FRONTEND

RATE = 16000

# hertz of the tone of each class
TONES = {"bass": 200.0, "middle": 800.0, "treble": 3000.0}


def rows_of(tags):
    """Return the lines of a file of labels."""
    if all(isinstance(value, str) for value in tags.values()):
        return ["uri,label", *(f"{uri},{label}" for uri, label in tags.items())]
    labels = sorted({label for value in tags.values() for label in value})
    cells = {True: "1", False: "0", None: ""}
    return [
        ",".join(["uri", *labels]),
        *(
            ",".join([uri, *(cells[value.get(label)] for label in labels)])
            for uri, value in tags.items()
        ),
    ]


def write_clips(root, subsets, samples=None, groups=None):
    """Write a corpus of clips.

    `subsets` holds the tags of each clip of each subset. Clips are tones of their labels that last
    0.5 s, or the given samples. `groups` holds the group of each clip.
    """
    rng = np.random.default_rng(0)
    protocol = {}
    for subset, tags in subsets.items():
        for uri, labels in tags.items():
            audio = (samples or {}).get(uri)
            if audio is None:
                present = [labels] if isinstance(labels, str) else [k for k in labels if labels[k]]
                time = np.arange(RATE // 2) / RATE
                tones = [np.sin(2 * np.pi * TONES.get(label, 500.0) * time) for label in present]
                audio = 0.1 * sum(tones) + 0.01 * rng.standard_normal(RATE // 2)
            soundfile.write(root / f"{uri}.wav", audio, RATE, subtype="FLOAT")
        (root / f"{subset}.lst").write_text("".join(f"{uri}\n" for uri in tags))
        (root / f"{subset}.tags").write_text("\n".join(rows_of(tags)))
        protocol[subset] = {"uri": f"{subset}.lst", "tags": f"{subset}.tags"}
        if groups:
            rows = [f"{uri},{groups[uri]}\n" for uri in tags]
            (root / f"{subset}.groups").write_text("".join(["uri,group\n", *rows]))
            protocol[subset]["group"] = f"{subset}.groups"
    content = {
        "Databases": {"Yard": "{uri}.wav"},
        "Protocols": {"Yard": {"Protocol": {"Fold1": protocol}}},
    }
    (root / "database.yml").write_text(yaml.safe_dump(content))


def clip_protocol(root, subsets, samples=None, preprocessors=None):
    """Write a corpus of clips, and return its protocol: see :func:`write_clips`."""
    write_clips(root, subsets, samples)
    registry.load_database(root / "database.yml")
    return registry.get_protocol(CLIPS, {"audio": FileFinder(), **(preprocessors or {})})


def single(subset, count=4):
    """Return tags of clips with a single label, `count` of each class."""
    return {f"{subset}-{label}-{n}": label for n in range(count) for label in TONES}


def several(subset, count=8):
    """Return tags of clips with up to three labels, some of them unknown."""
    labels = list(TONES)
    return {
        f"{subset}-{n}": {
            label: bool(n >> index & 1) for index, label in enumerate(labels) if (n + index) % 5
        }
        for n in range(count)
    }


SINGLE = {"train": single("train"), "development": single("development", 2)}
SEVERAL = {"train": several("train"), "development": several("development")}


def task_of(protocol, **options):
    return AudioTagging(protocol, **{"duration": 0.4, "batch_size": 4, "num_workers": 0, **options})


def model_of(task, frontend=TINY_FRONTEND, **options):
    return STRFCNN10(frontend=frontend, **{"width": 1 / 8, **options}, task=task)


def place(task, epoch=0, rank=0, size=1):
    """Set the position of the trainer, which seeds random numbers."""
    position = SimpleNamespace(
        global_rank=rank,
        local_rank=rank,
        node_rank=0,
        num_nodes=1,
        world_size=size,
        current_epoch=epoch,
    )
    task.trainer = task.model._trainer = position


def prepared(protocol, **options):
    task = task_of(protocol, **options)
    model = model_of(task)
    task.prepare_data()
    task.setup()
    model.setup()
    place(task)
    return task


RAMP = np.arange(RATE) / RATE


def ramps(tmp_path, **options):
    """Return a task on a clip of 1 s and one of 0.13 s, whose samples are their times."""
    samples = {"long": RAMP, "short": RAMP[: round(0.13 * RATE)]}
    protocol = clip_protocol(
        tmp_path, {"train": {"long": "bass", "short": "treble"}}, samples=samples
    )
    return prepared(protocol, **options)
