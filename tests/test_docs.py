"""Everything that README.md, CONTRIBUTING.md and docs/ tell readers to type works.

Fenced blocks are read from every page, and each language has its own check:

- `python` blocks of a page run one after the other, in one namespace, in a folder that contains the
  files of the guides: database.yml, weights/0020.ckpt, audio.wav, experiments. What a block prints
  must be what the `text` block right after it shows, if there is one.
- `sh` blocks are not run. Variables are filled in, and each command is parsed by its program: the
  typer application of `pyannote-strf`, the usage of `pyannote-pipeline`, the Makefile, setup.cfg.
- `yaml` blocks are read by the code that reads such files in commands. Sections of a `config.yml`
  are put into the one that `init` writes, and everything in it is built.
- `ini` blocks must be in the form of setup.cfg. `text` blocks are not checked.

Links between pages of docs/ are checked by `make docs`.
"""

import configparser
import re
import shlex
import sys
from importlib import import_module
from pathlib import Path
from shutil import copy, copytree
from textwrap import dedent
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
import typer
import yaml
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.pipeline import experiment as upstream_pipeline

import pyannote_strf
from pyannote_strf import STRFTDNN, STRFPyanNet
from pyannote_strf.applications.base import get_application
from pyannote_strf.cli.main import app
from pyannote_strf.database.protocols import get_protocol, load_registry
from pyannote_strf.experiment.config import Config
from pyannote_strf.plugins import register
from tests.conftest import TINY_ARCHITECTURE, TINY_FRONTEND

docopt = pytest.importorskip("docopt").docopt

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
REPOSITORY = "https://github.com/pyannote-strf/pyannote-strf"

# programs of others, whose arguments are not parsed
OTHERS = {"cd", "git", "pre-commit", "tensorboard"}

TAGGING = "MyCorpus.Protocol.MyProtocol"
DIARIZATION = "MyCorpus.SpeakerDiarization.MyProtocol"

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    content: str
    shown: str | None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def read_blocks(page):
    """Fenced blocks of a page, each with the `text` block that follows at once."""
    found = []
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(r"^( *)```(\w*)\n(.*?)^\1```\n", re.MULTILINE | re.DOTALL)
    for match in pattern.finditer(text):
        follows = pattern.match(text, match.end() + 1)
        shown = dedent(follows[3]) if follows and follows[2] == "text" else None
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, match[2], dedent(match[3]), shown))
    return found


BLOCKS = [block for page in PAGES for block in read_blocks(page)]


def of(*languages):
    return pytest.mark.parametrize("block", [b for b in BLOCKS if b.language in languages], ids=str)


def text_of(page):
    """A page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```\n", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def test_blocks_name_a_language_that_is_checked():
    assert [
        str(b) for b in BLOCKS if b.language not in ("python", "sh", "yaml", "ini", "text")
    ] == []


# files and protocols that guides speak of


@pytest.fixture
def folder(tmp_path, monkeypatch, corpus, voices, clips):
    """Folder with a database.yml that defines the protocols of the guides."""
    protocols = {"SpeakerDiarization": corpus, "SpeakerVerification": voices, "Protocol": clips}
    content = {"Databases": {}, "Protocols": {"MyCorpus": {}}}
    for task, root in protocols.items():
        theirs = yaml.safe_load((root / "database.yml").read_text())
        ((database, protocol),) = theirs["Protocols"].items()
        ((_, definition),) = protocol[task].items()
        subsets = {
            key: {kind: str(root / name) for kind, name in value.items()}
            for key, value in definition.items()
            if key != "scope"
        }
        scope = {} if task == "Protocol" else {"scope": "global"}
        content["Protocols"]["MyCorpus"][task] = {"MyProtocol": {**scope, **subsets}}
        audio = str(root / theirs["Databases"][database])
        content["Databases"].setdefault("MyCorpus", []).append(audio)
    content["Databases"]["MUSAN"] = str(corpus / "{uri}.wav")
    noise = {"BackgroundNoise": {"uri": str(corpus / "train.lst")}}
    content["Protocols"]["MUSAN"] = {"Collection": noise}
    (tmp_path / "database.yml").write_text(yaml.safe_dump(content))
    for name in ("audio.wav", "one.wav", "another.wav"):
        copy(corpus / "test0.wav", tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pyannote_strf.plugins._REGISTERED", {})
    return tmp_path


@pytest.fixture
def checkpoint(folder, specifications):
    """Function that puts the checkpoint of a model where guides have one. It is not trained."""

    def put(application, path="weights/0020.ckpt"):
        if application == "sad":
            model = STRFPyanNet(**TINY_ARCHITECTURE)
            model.specifications = specifications
        else:
            model = STRFTDNN(frontend=TINY_FRONTEND, dimension=16)
            model.specifications = Specifications(
                Problem.REPRESENTATION, Resolution.CHUNK, duration=1.0
            )
        model.setup()
        content = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
        model.on_save_checkpoint(content)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        torch.save({**content, "pytorch-lightning_version": "2.6.0"}, folder / path)

    return put


@pytest.fixture
def experiments(folder, trained_experiments):
    """Function that puts experiments of an application where guides have them."""

    def put(application):
        for name, path in ((application, "exp"), ("emb", "exp-emb")):
            copytree(trained_experiments[name], folder / path)
        (validate_dir,) = trained_experiments["sad"].glob("train/*/validate_*/*")
        copytree(validate_dir, folder / "validated")

    return put


# python


@pytest.mark.parametrize(
    "page", dict.fromkeys(b.page for b in BLOCKS if b.language == "python"), ids=lambda p: p.name
)
def test_python_runs_and_prints_what_is_shown(page, request, folder, monkeypatch, capsys):
    blocks = [block for block in BLOCKS if block.page == page and block.language == "python"]
    application = "emb" if "verification" in page.name else "sad"
    for name, fixture in (("weights/", "checkpoint"), ("load_pipeline", "experiments")):
        if any(name in block.content for block in blocks):
            request.getfixturevalue(fixture)(application)
    namespace = {"__name__": "docs"}
    for block in blocks:
        run(block, namespace, monkeypatch)
        printed = capsys.readouterr().out
        if block.shown is not None:
            assert printed == block.shown, block


def run(block, namespace, monkeypatch):
    """Run a block. If it is to be written into a module, later blocks can import it from there."""
    quick = block.content.replace("n_iterations=200", "n_iterations=2")
    exec(compile(quick, str(block), "exec"), namespace)
    if name := re.search(r"`pyannote_strf/([\w/]+)\.py`:\n\n$", before(block)):
        module = f"pyannote_strf.{name[1].replace('/', '.')}"
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**namespace))


def before(block):
    """Text before a block."""
    lines = block.page.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(lines[: block.line - 1])


# sh


def commands(block):
    """Commands of a block, with the variables that earlier blocks of its page set."""
    variables = {}
    for earlier in BLOCKS:
        if earlier.page != block.page or earlier.line > block.line or earlier.language != "sh":
            continue
        for line in earlier.content.replace("\\\n", " ").splitlines():
            words = [fill(word, variables) for word in shlex.split(line, comments=True)]
            assignments = [word for word in words if re.match(r"\w+=", word)]
            if assignments == [word for word in words if word != "export"]:
                variables.update(word.split("=", 1) for word in assignments)
            elif words and earlier == block:
                yield words


def fill(word, variables):
    return re.sub(r"\$(\w+)", lambda match: variables[match[1]], word)


def parse(command, words):
    """Parse a command line as click does, without running it."""
    context = command.make_context(words[0], list(words[1:]))
    rest = [*context._protected_args, *context.args] if hasattr(command, "commands") else []
    if rest:
        assert rest[0] in command.commands, f"{words[0]} has no command {rest[0]}"
        parse(command.commands[rest[0]], rest)


def script_command(script):
    """Command line of a script that calls `typer.run(main)`."""
    one = typer.Typer()
    one.command()(import_module(script.stem).main)
    return typer.main.get_command(one)


@of("sh")
def test_commands_exist_with_these_arguments(block, monkeypatch):
    for folder in ("benchmarks", "examples"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    makefile = (ROOT / "Makefile").read_text()
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    for words in commands(block):
        program, *arguments = words
        program = program.removeprefix(".venv/bin/")
        if program == "python" and arguments[0] == "-m":
            program, *arguments = arguments[1:]
        if program == "pyannote-strf":
            parse(typer.main.get_command(app), [program, *arguments])
        elif program == "pyannote-pipeline":
            docopt(upstream_pipeline.__doc__, arguments)
        elif program == "make":
            assert all(f"\n{target}:" in makefile for target in arguments), words
        elif program == "pip":
            assert arguments[0] == "install"
            for extra in re.findall(r"pyannote-strf\[(\w+)\]", " ".join(arguments)):
                assert extra in setup["options.extras_require"]
        elif program == "pytest":
            assert all((ROOT / path).exists() for path in arguments)
        elif program == "python":
            if arguments[1:]:
                parse(script_command(ROOT / arguments[0]), arguments)
            assert (ROOT / arguments[0]).exists()
        else:
            assert program in OTHERS, words


def test_options_in_running_text_exist():
    # others than --help: of a corpus to be added, of pyannote.audio 1.1 and of benchmarks
    known = {"--help", "--mycorpus", "--parallel", "--frontend"}

    def collect(command):
        for parameter in command.params:
            known.update([*parameter.opts, *parameter.secondary_opts])
        for other in getattr(command, "commands", {}).values():
            collect(other)

    collect(typer.main.get_command(app))
    for page in PAGES:
        named = set(re.findall(r"`(?:[\w -]* )?(--[a-z][\w-]*)", text_of(page)))
        assert named <= known, f"{page}: {named - known}"


# yaml and ini


@of("yaml")
def test_yaml_is_read_and_everything_in_it_is_built(block, folder, checkpoint, monkeypatch):
    content = yaml.safe_load(block.content)
    if "Protocols" in content:
        path = folder / "mine.yml"
        path.write_text(block.content)
        load_registry(path)
        for database, tasks in content["Protocols"].items():
            for task, protocols in tasks.items():
                for name in protocols:
                    assert get_protocol(f"{database}.{task}.{name}", {})
    elif "pipeline" in content:
        (params,) = [content["pipeline"]["params"]]
        ((kind, path),) = params.items()
        checkpoint({"segmentation": "sad", "embedding": "emb"}[kind], path)
        (folder / "tuning").mkdir()
        (folder / "tuning" / "config.yml").write_text(block.content)
        assert upstream_pipeline.Experiment(folder / "tuning").pipeline_ is not None
    else:
        if block.page.name == "CONTRIBUTING.md":
            add_plugins(monkeypatch)
        check_config(content, folder)


def check_config(content, folder):
    by_name = {"STRFTDNN": "emb", "AudioTagging": "tag"}
    names = [content.get(section, {}).get("name") for section in ("architecture", "task")]
    name = next((by_name[each] for each in names if each in by_name), "sad")
    application = get_application(name)
    sections = {**yaml.safe_load(application.template), **content}
    (folder / "config.yml").write_text(yaml.safe_dump(sections))
    config = Config(folder)
    load_registry(folder / "database.yml")
    protocol = get_protocol(TAGGING if name == "tag" else DIARIZATION, config.preprocessors())
    config.model(config.task(protocol), application.architectures)
    config.optimisation()
    config.callbacks()


def add_plugins(monkeypatch):
    """Register the front-end and the model that CONTRIBUTING.md adds."""
    namespace = {"__name__": "docs"}
    for block in read_blocks(ROOT / "CONTRIBUTING.md"):
        if block.language == "python":
            run(block, namespace, monkeypatch)
    register("pyannote_strf.frontends", "levels", namespace["Levels"])
    register("pyannote.audio.models", "STRFAverage", namespace["STRFAverage"])


@of("ini")
def test_ini_is_a_part_of_setup_cfg(block):
    part = configparser.ConfigParser()
    part.read_string(block.content)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    for section in part.sections():
        assert set(part[section]) <= set(setup[section])


# files that pages name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_of_the_repository(page):
    links = re.findall(r"\]\(([^)\s]+)\)", text_of(page))
    for link in links:
        path = link.partition("#")[0]
        if path.startswith(f"{REPOSITORY}/blob/main/"):
            assert (ROOT / path.removeprefix(f"{REPOSITORY}/blob/main/")).exists(), link
        elif path and not re.match(r"https?:", path):
            assert (page.parent / path).exists(), link


def test_contributing_names_files_that_exist():
    """Files that a recipe changes are links. Others that it names are new, or they exist."""
    lines = text_of(ROOT / "CONTRIBUTING.md").splitlines()
    named = r"`((?:pyannote_strf|tests|docs|protocols|benchmarks)/[\w./]*)`"
    new = {path for line in lines if "new" in line for path in re.findall(named, line)}
    for line in lines:
        for path in re.findall(named, line):
            assert path in new or (ROOT / path).exists(), path


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1200


def test_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == pyannote_strf.__version__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_have_at_most_100_columns(page):
    """Tables and links cannot be folded."""
    lines = page.read_text(encoding="utf-8").splitlines()
    long = [line for line in lines if len(line) > 100 and "|" not in line and "](" not in line]
    assert long == []
