from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from pyannote_strf.tasks.processes import chunks_per_process, padded_num_items

SMALL = st.integers(1, 9)


def task_in(world_size, batch_size=1):
    return SimpleNamespace(trainer=SimpleNamespace(world_size=world_size), batch_size=batch_size)


@given(SMALL, SMALL, st.integers(0, 300))
def test_processes_share_the_batches_of_an_epoch(world_size, batch_size, num_chunks):
    drawn = chunks_per_process(task_in(world_size, batch_size), num_chunks)
    assert drawn % batch_size == 0
    batches = max(1, num_chunks // batch_size)
    assert batches <= world_size * drawn // batch_size < batches + world_size


@given(SMALL, st.integers(1, 300))
def test_every_process_gets_the_same_number_of_items(world_size, num_items):
    padded = padded_num_items(task_in(world_size), num_items)
    assert padded % world_size == 0
    assert num_items <= padded < num_items + world_size


def test_a_task_without_trainer_runs_in_one_process():
    task = SimpleNamespace(trainer=None, batch_size=4)
    assert (chunks_per_process(task, 22), padded_num_items(task, 7)) == (20, 7)
