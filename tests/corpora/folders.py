"""Generated corpora in the folder structure of their downloads."""

import json
from pathlib import Path

import numpy as np
import soundfile
from pyannote.database import FileFinder, registry
from pyannote_strf.protocols import FOLDER

from pyannote_strf.corpora import find
from pyannote_strf.corpora.database_yml import write_database_yml
from pyannote_strf.database.protocols import load_registry

RATE = 16000


def init(tmp_path: Path, **folders: Path) -> None:
    """Write a `database.yml` for corpora, and load it."""
    found = [find(name, folder) for name, folder in folders.items()]
    write_database_yml(found, tmp_path / "db.yml")
    load_registry(tmp_path / "db.yml")


def audio(protocol: str, subset: str = "train") -> list[str]:
    """Return the paths of the recordings of a subset."""
    files = getattr(registry.get_protocol(protocol), f"{subset}_iter")()
    return [str(FileFinder()(file)) for file in files]


def names(path: str) -> list[str]:
    return (FOLDER / path).read_text().split()


def write_audio(path: Path, duration: float, rate: int = RATE, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.1 * np.random.default_rng(seed).standard_normal(round(duration * rate))
    container = {".m4a": "WAV"}.get(path.suffix)
    soundfile.write(path, noise, rate, format=container)


def words_xml(meeting: str, letter: str, elements: list[str]) -> str:
    body = "\n".join(
        f"   {element.replace('{id}', f'{meeting}.{letter}.words{index}')}"
        for index, element in enumerate(elements)
    )
    return (
        '<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>\n'
        f'<nite:root nite:id="{meeting}.{letter}.words" '
        'xmlns:nite="http://nite.sourceforge.net/">\n'
        f"{body}\n</nite:root>\n"
    )


def word(start: float, end: float, text: str = "oui") -> str:
    return f'<w nite:id="{{id}}" starttime="{start!r}" endtime="{end!r}">{text}</w>'


def meetings_xml(participants: dict[str, dict[str, str]]) -> str:
    meetings = "\n".join(
        f'<meeting nite:id="ami.m.{index}" observation="{meeting}" duration="60.0" type="scenario">'
        + "".join(
            f'<speaker nite:id="ami.s.{index}.{letter}" camera="1" channel="0" '
            f'global_name="{name}" nxt_agent="{letter}" role="PM"/>'
            for letter, name in letters.items()
        )
        + "</meeting>"
        for index, (meeting, letters) in enumerate(participants.items())
    )
    return (
        '<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>\n'
        f'<meetings nite:id="meetings" xmlns:nite="http://nite.sourceforge.net/">\n{meetings}\n'
        "</meetings>\n"
    )


def write_ami(root: Path, meetings: list[str], duration: float = 3.0) -> Path:
    """Write `amicorpus/{meeting}/audio/` and manual annotation of two speakers per meeting."""
    annotation = root / "ami_public_manual_1.6.2"
    (annotation / "words").mkdir(parents=True)
    (annotation / "corpusResources").mkdir()
    participants = {}
    for index, meeting in enumerate(meetings):
        for microphone in ("Mix-Headset", "Array1-01"):
            write_audio(
                root / "amicorpus" / meeting / "audio" / f"{meeting}.{microphone}.wav",
                duration,
                seed=index,
            )
        participants[meeting] = {"A": f"FEE{index:03d}", "B": f"MEE{index:03d}"}
        for letter, start in (("A", 0.3), ("B", 1.8)):
            elements = [
                word(start, start + 0.5),
                word(start + 0.5, start + 0.9, "d\xe9j\xe0"),
                f'<w nite:id="{{id}}" starttime="{start + 0.9}" endtime="{start + 0.9}" '
                'punc="true">.</w>',
            ]
            path = annotation / "words" / f"{meeting}.{letter}.words.xml"
            path.write_bytes(words_xml(meeting, letter, elements).encode("latin-1"))
    path = annotation / "corpusResources" / "meetings.xml"
    path.write_text(meetings_xml(participants), encoding="latin-1")
    return root


def clock(seconds: float) -> str:
    hundredths = round(100 * seconds)
    return f"{hundredths // 360000}:{hundredths // 6000 % 60:02d}:{hundredths % 6000 / 100:05.2f}"


def utterance(speaker: str, start: float, end: float, words: str = "bon", late: bool = False):
    devices = ("original", speaker, "U01", "U02")
    start_time, end_time = (
        clock(time) if late else dict.fromkeys(devices, clock(time)) for time in (start, end)
    )
    return {
        "start_time": start_time,
        "end_time": end_time,
        "speaker": speaker,
        "words": words,
        "ref": "U02",
        "location": "kitchen",
        "session_id": "S02",
    }


def write_chime5(root: Path, duration: float = 6.0) -> Path:
    """Write `audio/{train,dev,eval}` and `transcriptions/{train,dev,eval}`."""
    for folder, subset in (("train", "train"), ("dev", "development"), ("eval", "test")):
        for session in names(f"chime5/{subset}.lst"):
            number = int(session[1:])
            for channel in (1, 2):
                write_audio(
                    root / "audio" / folder / f"{session}_U01.CH{channel}.wav",
                    duration,
                    seed=number,
                )
            path = root / "transcriptions" / folder / f"{session}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            utterances = [
                utterance(f"P{number:02d}", 0.5, 2.0),
                utterance(f"P{number + 30:02d}", 1.5, 3.0),
                utterance(f"P{number:02d}", 4.0, 5.0, words="[redacted]"),
            ]
            path.write_text(json.dumps(utterances, indent=4))
    return root


def write_voxceleb(root: Path, split: bool = True) -> Path:
    """Write `dev/wav` and `test/wav` of VoxCeleb1 (or both to one `wav`), and its trials."""
    test = ["id10270", "id10271"]
    for index, speaker in enumerate(["id10001", "id10002", "id11251", *test]):
        folder = root / ("test" if speaker in test else "dev") / "wav" if split else root / "wav"
        for number in (1, 2):
            write_audio(folder / speaker / "5r0dWxy17C8" / f"0000{number}.wav", 2.0, seed=index)
    one, two = (f"{speaker}/5r0dWxy17C8/0000" for speaker in test)
    trials = [f"1 {one}1.wav {one}2.wav", f"0 {one}1.wav {two}1.wav", f"1 {two}1.wav {two}2.wav"]
    (root / "veri_test.txt").write_text("\n".join(trials) + "\n")
    return root


def write_musan(root: Path) -> Path:
    for part, source in (("noise", "free-sound"), ("music", "fma"), ("speech", "librivox")):
        for number in range(2):
            write_audio(root / part / source / f"{part}-{source}-{number:04d}.wav", 1.0)
        (root / part / source / "ANNOTATIONS").write_text("text\n")
    return root
