import numpy as np
import pytest
import yaml
from matplotlib.image import imread
from pyannote.audio import Inference, Model

from pyannote_strf.metrics.score_normalisation import adaptive_s_norm
from pyannote_strf.metrics.verification import bootstrap_interval, equal_error_rate, tradeoff
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.fixture
def registry(voices):
    return f"--registry={voices / 'database.yml'}"


@pytest.fixture
def trained(trained_emb):
    return trained_emb


@pytest.fixture
def validated(trained):
    return trained / "validate_equal_error_rate" / f"{VOICES}.development"


def copy_of(voices, folder):
    """Write a copy of the corpus into a folder, with links to its recordings."""
    folder.mkdir(exist_ok=True)
    for path in voices.iterdir():
        if path.suffix == ".wav":
            (folder / path.name).symlink_to(path)
        else:
            (folder / path.name).write_text(path.read_text())
    return folder


def embeddings(checkpoint, files):
    model = Inference(Model.from_pretrained(checkpoint, strict=False), window="whole")
    return {file["uri"]: model(file) for file in files}


def scores_of(trials, by_uri):
    unit = {uri: vector / np.linalg.norm(vector) for uri, vector in by_uri.items()}
    return np.array([unit[t["file1"]["uri"]] @ unit[t["file2"]["uri"]] for t in trials])


def test_train_validate_and_apply(command, trained, validated, registry, verification, capsys):
    (validated / "params.yml").unlink()
    command("emb", "validate", "--cpu", trained, VOICES, registry)
    specs = yaml.safe_load((trained / "specs.yml").read_text())
    assert len(specs["classes"]) == 8
    assert specs["architecture"] == "pyannote_strf.models.strf_tdnn.STRFTDNN"

    trials = list(verification.development_trial())
    reference = [trial["reference"] for trial in trials]
    found = {
        epoch: equal_error_rate(
            tradeoff(
                reference,
                scores_of(
                    trials,
                    embeddings(
                        trained / "weights" / f"{epoch:04d}.ckpt", verification.development()
                    ),
                ),
            )
        )
        for epoch in (1, 2)
    }
    best = min(found, key=lambda epoch: found[epoch].rate)
    params = yaml.safe_load((validated / "params.yml").read_text())
    assert params["epoch"] == best
    assert params["value"] == pytest.approx(found[best].rate, abs=1e-6)
    assert params["params"]["threshold"] == pytest.approx(found[best].threshold, abs=1e-4)

    command("emb", "apply", "--cpu", validated, VOICES, registry)
    applied = validated / "apply" / f"{best:04d}"
    checkpoint = trained / "weights" / f"{best:04d}.ckpt"
    by_uri = embeddings(checkpoint, verification.test())
    trials = list(verification.test_trial())
    header, *lines = (applied / f"{VOICES}.test.scores").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    assert header.split("\t") == [
        *("reference", "file1", "file2", "raw", "s-norm", "speaker1", "speaker2")
    ]
    assert [row[:3] for row in rows] == [
        [str(trial["reference"]), trial["file1"]["uri"], trial["file2"]["uri"]] for trial in trials
    ]
    assert [row[5:] for row in rows] == [[uri.split("-")[0] for uri in row[1:3]] for row in rows]
    raw = scores_of(trials, by_uri)
    assert np.allclose([float(row[3]) for row in rows], raw, atol=1e-5)

    # 8 speakers of 3 recordings each
    cohort = {}
    for file in verification.train():
        cohort.setdefault(file["uri"].split("-")[0], []).append(file)
    means = [
        np.mean(list(embeddings(checkpoint, files).values()), axis=0) for files in cohort.values()
    ]
    order = {uri: number for number, uri in enumerate(by_uri)}
    sides = [[order[trial[f"file{n}"]["uri"]] for n in (1, 2)] for trial in trials]
    normalised = adaptive_s_norm(
        raw, np.array(sides), np.array(list(by_uri.values())), np.array(means)
    )
    assert np.allclose([float(row[4]) for row in rows], normalised, atol=1e-2)

    header, *lines = (applied / f"{VOICES}.test.eval").read_text().splitlines()
    assert header.split("\t") == ["scores", "EER", "low", "high", "minDCF(0.01)", "minDCF(0.05)"]
    kind, rate, low, high, *costs = lines[0].split("\t")
    reference = [trial["reference"] for trial in trials]
    assert kind == "raw"
    assert float(rate) == pytest.approx(equal_error_rate(tradeoff(reference, raw)).rate, abs=1e-6)
    speakers = [[trial[f"file{n}"]["uri"].split("-")[0] for n in (1, 2)] for trial in trials]
    assert [float(low), float(high)] == pytest.approx(
        bootstrap_interval(reference, raw, speakers), abs=1e-6
    )
    assert float(low) <= float(rate) <= float(high)
    assert float(low) < float(high)
    assert 0 < float(rate) < 0.5
    assert all(0 < float(cost) <= 1 for cost in costs)
    assert imread(applied / f"{VOICES}.test.png").std() > 0.1
    out = capsys.readouterr().out
    assert f"{100 * float(rate):.2f} %" in out
    assert "s-norm: cohort of 8 training speakers" in out


def test_raw_scores_need_no_training_set(command, validated, registry, monkeypatch):
    monkeypatch.setattr("pyannote_strf.applications.emb.verification.mean_embeddings", None)
    command("emb", "apply", "--raw", "--subset=development", "--cpu", validated, VOICES, registry)
    (scores,) = validated.glob("apply/*/*.scores")
    assert scores.read_text().startswith("reference\tfile1\tfile2\traw\tspeaker1\tspeaker2\n")


def test_training_resumes(command, trained, registry):
    root = trained.parents[1]
    command(
        *("emb", "train", "--from=last", "--to=3", "--parallel=0", "--cpu"), root, VOICES, registry
    )
    assert sorted(path.name for path in (trained / "weights").iterdir())[-1] == "0003.ckpt"


def test_mistakes_are_one_line(mistake, command, validated, voices, corpus, registry, tmp_path):
    trained = validated.parents[1]
    assert "has no trials; add `trial:` to it" in mistake(
        "emb", "validate", "--subset=train", "--cpu", trained, VOICES, registry
    )
    assert "has no trials" in mistake(
        "emb", "validate", "--cpu", trained, PROTOCOL, f"--registry={corpus / 'database.yml'}"
    )
    assert "no epoch between 7 and 2; trained epochs: 1 to 2" in mistake(
        "emb", "validate", "--from=7", "--cpu", trained, VOICES, registry
    )

    copy_of(voices, tmp_path)
    changed = f"--registry={tmp_path / 'database.yml'}"
    lines = (voices / "development.trial").read_text().splitlines()
    for kept, message in (
        ([line for line in lines if line[0] == "1"], "all trials are of the same speaker"),
        ([line for line in lines if line[0] == "0"], "all trials are of two speakers"),
        ([*lines, "1 development105-0 missing"], 'Could not find file "missing"'),
        (["not a trial", *lines], "development.trial, line 1: reference must be 0 or 1"),
    ):
        (tmp_path / "development.trial").write_text("\n".join(kept) + "\n")
        assert message in mistake("emb", "validate", "--cpu", trained, VOICES, changed)
    assert yaml.safe_load((validated / "params.yml").read_text())["epoch"] in (1, 2)


def test_resuming_with_other_speakers_raises_an_error(mistake, trained, voices, registry, tmp_path):
    """With as many speakers, the rows of the loss would belong to other speakers."""
    other = copy_of(voices, tmp_path / "other")
    for name, change in (
        ("train.rttm", lambda text: text.replace("train100", "another")),
        ("train.rttm", lambda text: text.replace("train100", "train110")),
    ):
        (other / name).write_text(change((voices / name).read_text()))
        message = mistake(
            *("emb", "train", "--from=last", "--to=3", "--parallel=0", "--cpu"),
            *(tmp_path, VOICES, f"--registry={other / 'database.yml'}"),
        )
        assert "train in another directory" in message


def test_directories_of_other_applications_raise_an_error(mistake, validated, corpus, registry):
    tiny = f"--registry={corpus / 'database.yml'}"
    trained = validated.parents[1]
    root, params = trained.parents[1], validated / "params.yml"
    remedy = "written by `emb`, not by `sad`; use `pyannote-strf emb`"
    train = ("train", "--to=3", "--parallel=0", "--cpu")
    assert remedy in mistake("sad", "validate", "--cpu", trained, PROTOCOL, tiny)
    assert remedy in mistake("sad", "apply", "--cpu", validated, PROTOCOL, tiny)
    assert remedy in mistake("sad", *train, "--from=last", root, VOICES, registry)
    content = yaml.safe_load(params.read_text())
    for changes, message in (
        (
            {"params": {"onset": 0.5}},
            "hyper-parameter 'onset' does not exist, valid options: threshold",
        ),
        ({"params": {"threshold": "high"}}, "malformed, params.threshold: input should be a valid"),
        ({"application": "sad"}, "written by `sad`, not by `emb`; use `pyannote-strf sad`"),
    ):
        params.write_text(yaml.safe_dump({**content, **changes}))
        assert message in mistake("emb", "apply", "--cpu", validated, VOICES, registry)


def test_tasks_of_other_applications_raise_an_error(mistake, tmp_path_factory, corpus, registry):
    tiny = f"--registry={corpus / 'database.yml'}"
    for name, config, protocol, option, task in (
        ("sad", TINY_VERIFICATION, PROTOCOL, tiny, "SpeakerEmbedding"),
        ("emb", TINY_CONFIG, VOICES, registry, "SpeechActivityDetection"),
    ):
        root = tmp_path_factory.mktemp(name)
        (root / "config.yml").write_text(yaml.safe_dump(config))
        train = (name, "train", "--to=1", "--parallel=0", "--cpu", "--batch=4")
        assert f"section 'task': {task} is not for {name}" in mistake(
            *train, root, protocol, option
        )
        assert not list(root.glob("train/*/specs.yml"))


def test_an_architecture_for_another_task_raises_an_error(mistake, tmp_path, registry):
    config = {**TINY_VERIFICATION, "architecture": {"name": "STRFPyanNet"}}
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    assert "STRFPyanNet does not support SpeakerEmbedding" in mistake(
        "emb", "train", "--to=1", "--parallel=0", "--cpu", tmp_path, VOICES, registry
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the list of trials of the development subset is empty"),
        ("2 development105-0 development105-1\n", "line 1: reference must be 0 or 1"),
        ("1 development105-0\n", "line 1: expected reference uri1 uri2, got 2 fields"),
    ],
)
def test_invalid_trials_raise_an_error_before_training(mistake, tmp_path, voices, content, message):
    copy_of(voices, tmp_path)
    (tmp_path / "development.trial").write_text(content)
    (tmp_path / "config.yml").write_text(yaml.safe_dump(TINY_VERIFICATION))
    changed = f"--registry={tmp_path / 'database.yml'}"
    assert message in mistake(
        "emb", "train", "--to=1", "--parallel=0", "--cpu", tmp_path, VOICES, changed
    )


def test_fewer_than_two_speakers_raise_an_error(mistake, tmp_path, voices, registry):
    config = {
        **TINY_VERIFICATION,
        "task": {"name": "SpeakerEmbedding", "params": {"label_min_duration": 60}},
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    message = mistake("emb", "train", "--to=1", "--parallel=0", "--cpu", tmp_path, VOICES, registry)
    assert "training needs at least two speakers, and the train subset has 0" in message
    assert not (tmp_path / "train" / f"{VOICES}.train" / "weights").exists()


def test_a_cohort_without_speakers_raises_an_error_before_trials(
    mistake, validated, voices, tmp_path, capsys
):
    copy_of(voices, tmp_path)
    (tmp_path / "train.rttm").write_text("")
    changed = f"--registry={tmp_path / 'database.yml'}"
    message = mistake("emb", "apply", "--cpu", validated, VOICES, changed)
    assert "training speakers for s-norm: at least two speakers with a turn of 0.3 s" in message
    assert "got 0; use --raw to skip s-norm" in message
    assert not (validated / "apply").exists()


def test_init_writes_a_config(command, tmp_path):
    command("emb", "init", tmp_path)
    config = yaml.safe_load((tmp_path / "config.yml").read_text())
    assert config["task"]["name"] == "SpeakerEmbedding"
    assert config["architecture"]["name"] == "STRFTDNN"
