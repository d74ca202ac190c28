"""Optimiser and learning rate scheduler of an experiment."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from pyannote.audio.core.model import Model
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from pyannote_strf.checks import check_number, check_options, describe
from pyannote_strf.models.filters import filters_in
from pyannote_strf.plugins import load_class

# what a scheduler that monitors something, ReduceLROnPlateau, monitors
MONITORED = "loss/train"


class ConstantScheduler:
    """No scheduler: what takes its name has no other option than the learning rates."""

    def __init__(self, optimizer: torch.optim.Optimizer):
        pass


@contextmanager
def _blaming(section: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # values that make no sense raise nearly anything
        raise ValueError(f"section {section!r}: {describe(error)}") from error


class Optimisation:
    """Optimiser and scheduler, by name.

    Parameters
    ----------
    optimizer : (str, dict)
        Name (in `torch.optim`, or dotted path) and parameters.
    scheduler : (str, dict)
        "ConstantScheduler" with its `learning_rate`, as in pyannote.audio 1.1; or name (in
        `torch.optim.lr_scheduler`, or dotted path) and parameters of a scheduler stepped once per
        epoch, whose optional `learning_rate` is the one it starts from.

        Of either, the optional `filters_learning_rate` is that of spectro-temporal filters.
    packages : sequence of str, optional
        Packages that dotted paths may lead to. Defaults to any.

    Raises
    ------
    ValueError
        If a name or a parameter is unknown.
    """

    def __init__(
        self,
        optimizer: tuple[str, dict],
        scheduler: tuple[str, dict],
        packages: Sequence[str] | None = None,
    ):
        name, self.optimizer_params = optimizer
        with _blaming("optimizer"):
            self.Optimizer = load_class(name, "torch.optim", torch.optim.Optimizer, packages)
            check_options(self.Optimizer, self.optimizer_params, num_given=1)
        name, params = scheduler
        self.scheduler_params = dict(params)
        self.Scheduler = None
        with _blaming("scheduler"):
            for rate in ("learning_rate", "filters_learning_rate"):
                if rate in self.scheduler_params:
                    check_number(rate, self.scheduler_params[rate], least=0)
            learning_rate = self.scheduler_params.pop("learning_rate", None)
            self.filters_learning_rate = self.scheduler_params.pop("filters_learning_rate", None)
            scheduler_class = ConstantScheduler
            if name.rpartition(".")[-1] != "ConstantScheduler":
                scheduler_class = self.Scheduler = load_class(
                    name, "torch.optim.lr_scheduler", LRScheduler, packages
                )
            check_options(
                scheduler_class,
                self.scheduler_params,
                num_given=1,
                others=("learning_rate", "filters_learning_rate"),
            )
        if learning_rate is not None:
            if "lr" in self.optimizer_params:
                raise ValueError(
                    "section 'optimizer': option 'lr' belongs in section 'scheduler', as learning_rate"
                )
            self.optimizer_params = {**self.optimizer_params, "lr": learning_rate}
        # fail now on bad parameters, rather than once data is prepared or an epoch has ended
        parameter = torch.nn.Parameter(torch.zeros(1))
        built = self._build([parameter])
        with _blaming("optimizer"):
            parameter.grad = torch.zeros(1)
            built["optimizer"].step(lambda: torch.zeros(()))
        if self.Scheduler is not None:
            with _blaming("scheduler"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                monitored = [0.0] if self.Scheduler is ReduceLROnPlateau else []
                built["lr_scheduler"]["scheduler"].step(*monitored)

    def _build(self, parameters) -> dict:
        with _blaming("optimizer"):
            optimizer = self.Optimizer(parameters, **self.optimizer_params)
        if self.Scheduler is None:
            return {"optimizer": optimizer}
        with _blaming("scheduler"):
            scheduler = self.Scheduler(optimizer, **self.scheduler_params)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": MONITORED},
        }

    def configure(self, model: Model) -> dict:
        """Optimiser and scheduler of a model, in Lightning's terms.

        Raises
        ------
        ValueError
            If spectro-temporal filters are to learn at a rate of their own, and there are none, or the
            scheduler sets one rate for all.
        """
        if self.filters_learning_rate is None:
            return self._build(model.parameters())
        found = filters_in(model)
        if found is None:
            raise ValueError(
                "scheduler: filters_learning_rate is for spectro-temporal filters, and this model has "
                "none; leave it out"
            )
        filters = list(found.layer.parameters())
        known = set(map(id, filters))
        others = [p for p in model.parameters() if id(p) not in known]
        built = self._build(
            [{"params": others}, {"params": filters, "lr": self.filters_learning_rate}]
        )
        of_filters = built["optimizer"].param_groups[1]
        if of_filters.get("initial_lr", of_filters["lr"]) != self.filters_learning_rate:
            raise ValueError(
                f"scheduler: {self.Scheduler.__name__} sets the learning rate of all parameters itself; "
                "leave out filters_learning_rate, or choose another scheduler"
            )
        return built
