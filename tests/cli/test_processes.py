"""Tests that need processes of their own: kills, a full disk, the launcher."""

import os
import resource
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from pyannote_strf.launcher import plug, unplug
from pyannote_strf.models.checkpoint import load_model
from tests.conftest import PROTOCOL

COMMAND = Path(sysconfig.get_path("scripts")) / "pyannote-strf"


def train(experiment, corpus, *options):
    registry = f"--registry={corpus / 'database.yml'}"
    return [
        COMMAND,
        "sad",
        "train",
        "--parallel=0",
        "--cpu",
        *options,
        experiment,
        PROTOCOL,
        registry,
    ]


@pytest.fixture
def weights(experiment):
    return experiment / "train" / f"{PROTOCOL}.train" / "weights"


def wait_for(checkpoint, run):
    deadline = time.monotonic() + 120
    while not checkpoint.exists():
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_training_resumes_after_a_kill(experiment, corpus, weights):
    endless = train(experiment, corpus, "--to=1000", "--parallel=1")
    with subprocess.Popen(endless, stdout=subprocess.DEVNULL) as run:
        wait_for(weights / "0002.ckpt", run)
        second = subprocess.run(endless, capture_output=True, text=True)
        assert second.returncode == 1
        assert "another process trains in this directory" in second.stderr
        os.kill(run.pid, signal.SIGKILL)
    (weights / f".0009.ckpt.{16 * 'a'}.partial").write_text("left by a kill")
    done = sorted(weights.glob("[0-9]*.ckpt"))
    for checkpoint in done[-3:]:
        load_model(checkpoint)
    last = len(done)
    assert [path.stem for path in done] == [f"{epoch:04d}" for epoch in range(1, last + 1)]
    subprocess.run(
        train(experiment, corpus, "--from=last", f"--to={last + 1}"),
        check=True,
        capture_output=True,
    )
    assert (weights / f"{last + 1:04d}.ckpt").is_file()
    assert not list(weights.glob(".*"))


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
@pytest.mark.parametrize("options", [[], ["--devices=2", "--strategy=ddp"]], ids=["alone", "ddp"])
def test_signals_stop_training_with_their_exit_code(
    experiment, corpus, weights, number, exit_code, options
):
    command = train(experiment, corpus, "--to=1000", *options)
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **streams) as run:
        wait_for(weights / "0001.ckpt", run)
        run.send_signal(number)
        _, messages = run.communicate(timeout=180)
    assert run.returncode == exit_code
    assert "Traceback" not in messages
    assert "resume with --from=last" in messages
    assert len(list(weights.iterdir())) == len(list(weights.glob("*.ckpt")))


def test_a_full_disk_raises_an_error(experiment, corpus, weights):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    run = subprocess.run(
        train(experiment, corpus, "--to=2"), preexec_fn=limit, capture_output=True, text=True
    )
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith(f"error: {weights / '0001.ckpt'}: cannot be written")
    assert "Traceback" not in run.stderr
    assert not list(weights.iterdir())


@pytest.fixture
def scripts(tmp_path):
    launcher = tmp_path / "pyannote-audio"
    upstream = Path(sysconfig.get_path("scripts")) / "pyannote-audio"
    backup = upstream.with_name("pyannote-audio.upstream")
    launcher.write_bytes((backup if backup.exists() else upstream).read_bytes())
    launcher.chmod(0o755)
    return tmp_path


def commands(launcher, **options):
    run = subprocess.run(
        [launcher, "--help"], capture_output=True, text=True, check=True, **options
    )
    return {name for name in ("sad", "optimize", "benchmark", "strip") if f" {name} " in run.stdout}


def test_unplug_restores_the_launcher(scripts):
    launcher = scripts / "pyannote-audio"
    original = launcher.read_bytes()
    assert plug(scripts) == launcher
    assert commands(launcher) == {"sad", "optimize", "benchmark", "strip"}
    assert plug(scripts) == launcher, "plugging twice is plugging once"
    assert unplug(scripts) == launcher
    assert launcher.read_bytes() == original
    assert [path.name for path in scripts.iterdir()] == ["pyannote-audio"]
    with pytest.raises(ValueError, match="not plugged"):
        unplug(scripts)


def test_the_launcher_works_if_the_path_of_python_has_a_space(
    scripts, tmp_path_factory, monkeypatch
):
    python = tmp_path_factory.mktemp("with space") / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    assert "sad" in commands(plug(scripts))


def test_the_launcher_works_without_this_package(scripts):
    launcher = plug(scripts)
    # an import hook hides this package, as if it were uninstalled
    hidden = scripts / "sitecustomize.py"
    hidden.write_text(
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'pyannote_strf':\n"
        "            raise ModuleNotFoundError(name, name='pyannote_strf')\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(scripts), os.environ["PYTHONPATH"]]),
    }
    assert commands(launcher, env=environment) == {"optimize", "benchmark", "strip"}


def test_unplug_keeps_a_launcher_that_was_reinstalled(scripts):
    launcher = plug(scripts)
    launcher.write_text("#!/bin/sh\necho newer\n")
    unplug(scripts)
    assert launcher.read_text() == "#!/bin/sh\necho newer\n"


def test_plug_without_a_launcher_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match="no such launcher"):
        plug(tmp_path)


def test_pyannote_strf_has_no_commands_of_upstream():
    assert commands(COMMAND) == {"sad"}


def test_help_does_not_import_pyannote_audio():
    script = (
        "import sys\n"
        "from pyannote_strf.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print('pyannote.audio' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "False"


def test_version_is_shown():
    run = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True)
    from pyannote_strf import __version__

    assert run.stdout == f"pyannote-strf {__version__}\n"
    assert sys.version_info >= (3, 11)


def test_signals_end_a_process_that_waits_for_other_machines(experiment, corpus):
    command = train(experiment, corpus, "--to=1000", "--num-nodes=2", "--devices=1")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        assert "waiting for 2 machines" in run.stderr.readline()
        # let it connect to the address that nobody else connects to
        time.sleep(5)
        run.terminate()
        assert run.wait(timeout=60) == -signal.SIGTERM
