"""Generated corpora of clips in the folder structure of their downloads."""

import csv
import random
from pathlib import Path

from pyannote_strf.corpora import sonyc, urbansound8k
from pyannote_strf.metrics.sonyc import COARSE, FINE
from tests.corpora.folders import write_audio

# birds that make each call type, and the spelling of the type in names
ZEBRA_FINCH = {"Ag": "AggC", "DC": "DC", "Te": "tetC", "Th": "ThukC"}


def write_zebra_finch(root: Path, birds: int = 6, takes: int = 2) -> Path:
    """Write calls of adults and chicks, two of them of a bird with two spellings."""
    names = [f"BluRas{number:02d}dd" for number in range(birds - 1)]
    adults, chicks = root / "AdultVocalizations", root / "ChickVocalizations"
    for take in range(takes):
        for spelling in ZEBRA_FINCH.values():
            last = "HpiHpi4748" if take else "HPiHPi4748"
            for seed, bird in enumerate([*names, last]):
                write_audio(adults / f"{bird}_110406-{spelling}-{take:02d}.wav", 0.1, seed=seed)
        for number in range(5):
            write_audio(chicks / f"GreOra{number:02d}_110406-BegSeq-{take:02d}.wav", 0.1)
    return root


def write_nonverbal(root: Path, speakers: int = 5) -> Path:
    """Write two clips of each of two classes and speaker, named as in the corpus."""
    for number, label in ((4, "coughing"), (12, "crying")):
        for speaker in range(speakers):
            for trial in range(2):
                name = f"A{speaker}B_{number}_{trial}_0_27_0_0_0.wav"
                write_audio(root / "dataset" / label / name, 0.1, seed=speaker)
    (root / "README.md").write_text("text")
    return root


def write_csv(path: Path, rows: list[list]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def write_urbansound8k(
    root: Path, classes: int = 10, per_fold: int = 1, audio: bool = True
) -> Path:
    """Write clips of one source each, in every fold, at two sample rates."""
    header = "slice_file_name,fsID,start,end,salience,fold,classID,class"
    rows = [header.split(",")]
    for fold in range(1, 11):
        for number, label in enumerate(urbansound8k.CLASSES[:classes]):
            for take in range(per_fold):
                source = 100000 + 1000 * fold + 10 * number + take
                name = f"{source}-{number}-0-{take}.wav"
                rows.append([name, source, 0.0, 0.317551, 1, fold, number, label])
                if audio:
                    path = root / "UrbanSound8K" / "audio" / f"fold{fold}" / name
                    write_audio(path, 0.2, rate=(22050, 44100)[take % 2], seed=number)
    write_csv(root / "UrbanSound8K" / "metadata" / "UrbanSound8K.csv", rows)
    return root


# clips of each part, and their labels
FSD50K = {
    "train": {
        "64760": "Electric_guitar,Guitar,Music",
        "16399": "Guitar,Music",
        "21914": "Bark,Dog",
        "21915": "Dog",
    },
    "val": {"10000": "Electric_guitar,Guitar,Music", "10001": "Bark,Dog"},
    "eval": {"37199": "Electric_guitar,Guitar,Music", "175151": "Bark,Dog", "253463": "Dog"},
}


def write_fsd50k(root: Path) -> Path:
    """Write clips of five classes."""
    classes = ("Bark", "Dog", "Electric_guitar", "Guitar", "Music")
    mids = {label: f"/m/0{position}" for position, label in enumerate(classes)}
    truth = root / "FSD50K.ground_truth"
    write_csv(
        truth / "vocabulary.csv", [[i, label, mids[label]] for i, label in enumerate(classes)]
    )
    dev = [["fname", "labels", "mids", "split"]]
    for part in ("train", "val"):
        for name, labels in FSD50K[part].items():
            dev.append([name, labels, ",".join(mids[label] for label in labels.split(",")), part])
    write_csv(truth / "dev.csv", dev)
    rows = [
        [name, labels, ",".join(mids[label] for label in labels.split(","))]
        for name, labels in FSD50K["eval"].items()
    ]
    write_csv(truth / "eval.csv", [["fname", "labels", "mids"], *rows])
    for part, clips in FSD50K.items():
        folder = "FSD50K.eval_audio" if part == "eval" else "FSD50K.dev_audio"
        for seed, name in enumerate(clips):
            write_audio(root / folder / f"{name}.wav", 0.3, rate=44100, seed=seed)
    return root


def sonyc_header() -> list[str]:
    """Return the columns of `annotations.csv`, in the published order."""
    context = (
        "split,sensor_id,audio_filename,annotator_id,borough,block,latitude,longitude,year,week,"
        "day,hour"
    )
    labels = sorted([*FINE, *sonyc.INCOMPLETE])
    presence, proximity = (
        [f"{label}_{kind}" for label in labels] for kind in ("presence", "proximity")
    )
    return [*context.split(","), *presence, *sonyc.COLUMNS[:8], *proximity]


def sonyc_row(part: str, name: str, annotator: int, present=(), unknown: bool = False) -> list:
    """Return a row of `annotations.csv`. Labels that are not present are absent, or unknown."""
    values = {f"{label}_presence": 1 for label in present}
    context = [part, 12, f"{name}.wav", annotator, 1, 547, 40.72951, -73.99388, 2017, 1, 4, 13]
    rest = -1 if unknown else 0
    return context + [
        values.get(column, rest) if column.endswith("_presence") else "notsure"
        for column in sonyc_header()[12:]
    ]


def coarse_of(fine: str) -> str:
    """Return the coarse label of a fine label."""
    return next(label for label in COARSE if label[0] == fine[0])


def write_sonyc(root: Path, layout: str = "2.3", clips: int = 46) -> Path:
    """Write clips of each fine label in each part, in the layout of version 2.2 or 2.3.

    Each training clip has three volunteers, one of whom finds the label, and two authors.
    """
    rng = random.Random(0)
    rows = [sonyc_header()]
    for part, count in (("train", clips), ("validate", clips // 2), ("test", clips // 2)):
        for number in range(count):
            name = f"{number:02d}_{rng.randrange(10**6):06d}"
            label = FINE[number % len(FINE)]
            present = (label, coarse_of(label))
            rows += [sonyc_row(part, name, 100 + k, present if k == 0 else ()) for k in range(3)]
            rows += [sonyc_row(part, name, -k, (), unknown=True) for k in (1, 2)]
            if part != "train":
                rows.append(sonyc_row(part, name, 0, present))
            folder = {"2.2": ("audio", "audio-eval-0"), "2.3": ("audio-0", "audio-18")}[layout]
            path = root / folder[part == "test"] / f"{name}.wav"
            write_audio(path, 0.2, rate=48000, seed=number)
    write_csv(root / "annotations.csv", rows)
    (root / "dcase-ust-taxonomy.yaml").write_text("coarse:\n  1: engine\n")
    return root
