import signal

import pytest

from pyannote_strf.experiment.directories import TrainDir
from pyannote_strf.experiment.run import StopOnSignals, Stopped, lock_directory


def test_second_run_raises_an_error_until_the_first_one_ends(tmp_path):
    first, second = TrainDir(tmp_path), TrainDir(tmp_path)
    with lock_directory(first):
        for _ in range(2):
            with pytest.raises(ValueError, match="another process trains"), lock_directory(second):
                pass
    with lock_directory(second):
        pass


@pytest.mark.parametrize("variable", ["NODE_RANK", "GROUP_RANK"])
def test_machines_of_one_run_share_its_directory(tmp_path, monkeypatch, variable):
    with lock_directory(TrainDir(tmp_path)):
        monkeypatch.setenv(variable, "1")
        with lock_directory(TrainDir(tmp_path)):
            pass
        monkeypatch.setenv(variable, "0")
        with pytest.raises(ValueError, match="another process"), lock_directory(TrainDir(tmp_path)):
            pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("hook", ["on_train_batch_start", "on_validation_batch_start"])
def test_a_signal_during_a_destructor_stops_training_before_the_next_batch(tmp_path, hook):
    class Loader:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    with (
        pytest.raises(Stopped, match="stopped by SIGTERM"),
        StopOnSignals(TrainDir(tmp_path)) as stop,
    ):
        getattr(stop, hook)(None, None, None, 0)
        loader = Loader()
        del loader
        getattr(stop, hook)(None, None, None, 0)
        pytest.fail("training continues")
