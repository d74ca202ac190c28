from functools import partial
from itertools import product
from types import SimpleNamespace

import pytest
import torch
from pyannote.audio.utils import random as upstream

from pyannote_strf.compat import chunk_seeds


def first_draws(create, monkeypatch):
    draws = []
    for worker, rank, epoch in product(range(3), range(3), range(3)):
        information = partial(SimpleNamespace, id=worker)
        monkeypatch.setattr(torch.utils.data, "get_worker_info", information)
        model = SimpleNamespace(local_rank=rank, global_rank=rank, current_epoch=epoch)
        draws.append(create(model).random())
    return draws


def test_workers_processes_and_epochs_draw_different_chunks(monkeypatch):
    monkeypatch.setenv("PL_GLOBAL_SEED", "0")
    draws = first_draws(chunk_seeds.create_rng_for_worker, monkeypatch)
    assert len(set(draws)) == len(draws)


@pytest.mark.parametrize("seed", ["0", "42"])
def test_the_first_process_draws_the_same_chunks_as_upstream(monkeypatch, seed):
    monkeypatch.setenv("PL_GLOBAL_SEED", seed)
    model = SimpleNamespace(local_rank=0, global_rank=0, current_epoch=3)
    expected = upstream.create_rng_for_worker(model).random()
    assert chunk_seeds.create_rng_for_worker(model).random() == expected


def test_upstream_still_repeats_chunks(monkeypatch):
    """If this fails, remove pyannote_strf/compat/chunk_seeds.py."""
    monkeypatch.setenv("PL_GLOBAL_SEED", "0")
    draws = first_draws(upstream.create_rng_for_worker, monkeypatch)
    assert len(set(draws)) < len(draws)
