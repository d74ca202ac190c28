"""Generated corpora of clips in the folder structure of their downloads."""

from pathlib import Path

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
