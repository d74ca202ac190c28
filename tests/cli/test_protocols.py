"""Commands on protocols, and training on corpora as they were downloaded."""

import shutil

import numpy as np
import pytest
import soundfile
import yaml
from matplotlib.image import imread
from pyannote.database.util import load_rttm

from tests.conftest import PROTOCOL, TINY_VERIFICATION
from tests.corpora.folders import names, write_ami, write_chime5, write_musan, write_voxceleb

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SUBSETS = ("train", "development", "test")
KEYS = {"annotation": "rttm", "annotated": "uem"}


def all_of_ami(root):
    write_ami(root, [m for subset in SUBSETS for m in names(f"ami/only_words.{subset}.lst")])


CORPORA = {
    "ami": (all_of_ami, "AMI.SpeakerDiarization.only_words"),
    "chime5": (write_chime5, "CHiME5.SpeakerDiarization.U01"),
}


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_downloaded_corpus_is_trained_on_and_evaluated(
    command, experiment, tmp_path, corpus, capsys
):
    write, protocol = CORPORA[corpus]
    write(tmp_path / "corpus")
    registry = f"--registry={tmp_path / 'db.yml'}"
    command("protocols", "init", f"--{corpus}", tmp_path / "corpus", tmp_path / "db.yml")
    command("protocols", "check", protocol, registry)
    assert "no problems" in capsys.readouterr().out

    command(
        "sad",
        "train",
        "--to=1",
        "--batch=32",
        "--parallel=0",
        "--cpu",
        experiment,
        protocol,
        registry,
    )
    trained = experiment / "train" / f"{protocol}.train"
    command("sad", "validate", "--trials=1", "--cpu", trained, protocol, registry)
    validated = trained / "validate_detection_fscore" / f"{protocol}.development"
    command("sad", "apply", "--cpu", validated, protocol, registry)
    (applied,) = validated.glob("apply/*")
    tested = names(f"{'ami/only_words.' if corpus == 'ami' else 'chime5/'}test.lst")
    evaluated = (applied / f"{protocol}.test.eval").read_text()
    assert all(uri in evaluated for uri in tested)
    assert set(load_rttm(applied / f"{protocol}.test.rttm")) <= set(tested)


def test_downloaded_voxceleb_is_trained_on_and_evaluated(command, tmp_path, capsys):
    write_voxceleb(tmp_path / "corpus")
    command("protocols", "init", "--voxceleb", tmp_path / "corpus", tmp_path / "db.yml")
    name, registry = "VoxCeleb.SpeakerVerification.VoxCeleb1", f"--registry={tmp_path / 'db.yml'}"
    command("protocols", "check", name, registry)
    assert "no problems" in capsys.readouterr().out

    experiment = tmp_path / "experiment"
    experiment.mkdir()
    (experiment / "config.yml").write_text(yaml.safe_dump(TINY_VERIFICATION))
    command("emb", "train", "--to=1", "--parallel=0", "--cpu", experiment, name, registry)
    trained = experiment / "train" / f"{name}.train"
    command("emb", "validate", "--subset=test", "--cpu", trained, name, registry)
    validated = trained / "validate_equal_error_rate" / f"{name}.test"
    command("emb", "apply", "--cpu", validated, name, registry)
    (scores,) = validated.glob("apply/*/*.scores")
    trials = (tmp_path / "corpus" / "veri_test.txt").read_text().splitlines()
    assert [line.split("\t")[:3] for line in scores.read_text().splitlines()[1:]] == [
        trial.split() for trial in trials
    ]


def test_init_writes_lists_of_recordings(command, tmp_path, capsys):
    write_voxceleb(tmp_path / "voxceleb1")
    write_musan(tmp_path / "musan")
    folders = ["--voxceleb", tmp_path / "voxceleb1", "--musan", tmp_path / "musan"]
    command("protocols", "init", *folders, tmp_path / "db" / "database.yml")
    registry = f"--registry={tmp_path / 'db' / 'database.yml'}"
    command("protocols", "check", "VoxCeleb.SpeakerVerification.VoxCeleb1", registry)
    command("protocols", "check", "MUSAN.Collection.BackgroundNoise", registry)
    capsys.readouterr()
    command("protocols", "list", registry)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = {line[-1]: line[:-1] for line in lines if set(line[:-1]) & {"yes", "no"}}
    assert rows["VoxCeleb.SpeakerVerification.VoxCeleb1"] == ["yes", "yes"]
    assert rows["MUSAN.Collection.Music"] == ["yes"]
    assert rows["CHiME5.SpeakerDiarization.U01"] == ["no", "no"]


def test_check_lists_problems_and_exits_with_1(command, corpus, tmp_path, capsys):
    text = (corpus / "database.yml").read_text().replace("{uri}.wav", "elsewhere/{uri}.wav")
    lists = {path.name: path for path in corpus.glob("*.*") if path.suffix != ".wav"}
    for name, path in lists.items():
        (tmp_path / name).write_text(text if name == "database.yml" else path.read_text())
    registry = f"--registry={tmp_path / 'database.yml'}"
    with pytest.raises(SystemExit) as stop:
        command("protocols", "check", PROTOCOL, registry)
    assert stop.value.code == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith('train, train0, train1, train2: Could not find file "train0"')
    assert last == f"{PROTOCOL}: 10 problems of 6 kinds"


@pytest.fixture
def partial(corpus, tmp_path):
    """Copy of the corpus without most of its recordings."""
    shutil.copytree(corpus, tmp_path / "partial")
    for name in ("train0", "train1", "test0", "test1"):
        (tmp_path / "partial" / f"{name}.wav").unlink()
    return tmp_path / "partial"


def test_list_counts_existing_recordings(command, partial, capsys):
    command("protocols", "list", f"--registry={partial / 'database.yml'}")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["3", "of", "7", "yes", PROTOCOL] in rows


def test_present_keeps_existing_recordings(command, mistake, experiment, partial, tmp_path, capsys):
    original, present = f"--registry={partial / 'database.yml'}", tmp_path / "present.yml"
    train = ("sad", "train", "--to=1", "--parallel=0", "--cpu", experiment, PROTOCOL)
    assert "`pyannote-strf protocols present`" in mistake(*train, original)
    command("protocols", "present", PROTOCOL, present, original)
    lines = capsys.readouterr().out.splitlines()
    counts = ["train: 1 of 3", "development: 2 of 2", "test: 0 of 2"]
    assert lines[:3] == [f"{count} recordings" for count in counts]
    registry = f"--registry={present}"
    with pytest.raises(SystemExit):
        command("protocols", "check", PROTOCOL, registry)
    # every subset has the same speakers
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "speakers both in train and in development: A, B"
    assert last == f"{PROTOCOL}: 1 problem"
    command(*train, registry)
    trained = experiment / "train" / f"{PROTOCOL}.train"
    command("sad", "validate", "--trials=1", "--cpu", trained, PROTOCOL, registry)
    assert list(trained.rglob("params.yml"))


def test_check_shows_problems_before_the_table(command, partial, capsys):
    with pytest.raises(SystemExit):
        command("protocols", "check", PROTOCOL, f"--registry={partial / 'database.yml'}")
    out = capsys.readouterr().out
    assert out.index("Could not find") < out.index("subset")


def test_thorough_decodes_files_in_full(command, corpus, tmp_path, capsys):
    shutil.copytree(corpus, tmp_path, dirs_exist_ok=True)
    samples, rate = soundfile.read(tmp_path / "train1.wav")
    samples[3 * rate] = np.nan
    soundfile.write(tmp_path / "train1.wav", samples, rate, subtype="FLOAT")
    check = ("protocols", "check", PROTOCOL, f"--registry={tmp_path / 'database.yml'}")
    damage = "train1.wav: samples are NaN or infinite at 3.00 s"
    for options, found in (((), False), (("--thorough",), True)):
        with pytest.raises(SystemExit):
            command(*check, *options)
        assert (damage in capsys.readouterr().out) == found


def test_names_are_escaped(command, corpus, tmp_path, capsys):
    """Names may hold rich's markup, or matplotlib's formulas."""

    def subset(name, uri):
        files = {key: f"{corpus / name}.{suffix}" for key, suffix in KEYS.items()}
        return {**files, "uri": str(uri)}

    uris = (corpus / "train.lst").read_text()
    (tmp_path / "train.lst").write_text(f"{uris}a[/b]\n")
    lists = {
        "P[/x]": corpus / "train.lst",
        "[red]$\\x$": corpus / "train.lst",
        "Q\\": tmp_path / "train.lst",
    }
    kinds = {kind: {"scope": "file", "train": subset("train", uri)} for kind, uri in lists.items()}
    content = {
        "Databases": {"Tiny": str(corpus / "{uri}.wav")},
        "Protocols": {"Tiny": {"SpeakerDiarization": kinds}},
    }
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    registry = f"--registry={tmp_path / 'database.yml'}"

    command("protocols", "list", registry)
    rows = capsys.readouterr().out.splitlines()
    names = [f"Tiny.SpeakerDiarization.{kind}" for kind in kinds]
    for name, audio in zip(names, (["yes"], ["yes"], ["3", "of", "4"])):
        assert [*audio, "yes", name] in [row.split() for row in rows]
    for name in names[:2]:
        command("protocols", "check", name, registry)
        title, *_, last = capsys.readouterr().out.splitlines()
        assert (title.strip(), last) == (name, f"{name}: no problems")
        command("protocols", "stats", name, registry, f"--out={tmp_path / 'stats.png'}")
        assert capsys.readouterr().out.splitlines()[0].strip() == name
    with pytest.raises(SystemExit):
        command("protocols", "check", names[2], registry)
    assert "train, a[/b]: Could not find" in capsys.readouterr().out


def test_stats_prints_counts_and_writes_a_picture(command, corpus, tmp_path, capsys):
    registry = f"--registry={corpus / 'database.yml'}"
    command("protocols", "stats", PROTOCOL, registry, f"--out={tmp_path / 'stats.png'}")
    (train,) = [line for line in capsys.readouterr().out.splitlines() if "train" in line]
    assert " 3 " in train
    assert " 2 " in train
    picture = imread(tmp_path / "stats.png")
    assert picture.std() > 0.1


def test_stats_replaces_slashes_in_file_names(command, corpus, tmp_path, monkeypatch):
    content = yaml.safe_load((corpus / "database.yml").read_text())
    content["Databases"] = {"Tiny": str(corpus / "{uri}.wav")}
    protocols = content["Protocols"]["Tiny"]["SpeakerDiarization"]
    entries = protocols.pop("Bursts")
    train = {key: str(corpus / path) for key, path in entries["train"].items()}
    protocols["One/Two"] = {"scope": "global", "train": train}
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    monkeypatch.chdir(tmp_path)
    name = "Tiny.SpeakerDiarization.One/Two"
    command("protocols", "stats", name, "--registry=database.yml")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"database.yml", "Tiny.SpeakerDiarization.One_Two.png"}


def test_stats_writes_the_given_path(command, corpus, tmp_path):
    registry = f"--registry={corpus / 'database.yml'}"
    command("protocols", "stats", PROTOCOL, registry, f"--out={tmp_path / 'new' / 'picture'}")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["picture"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["init", "db.yml"], "valid options: --ami, --chime5"),
        (["init", "db.yml", "--ami=/no/such/folder"], "folder /no/such/folder does not exist"),
        (["check", "No.Such.Protocol"], "unknown protocol 'No.Such.Protocol'"),
        (["list", "--registry=/no/such.yml"], "/no/such.yml: no such file"),
    ],
)
def test_mistakes_are_one_line(mistake, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in mistake("protocols", *arguments)
    assert not (tmp_path / "db.yml").exists()
