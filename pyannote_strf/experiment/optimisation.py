"""Optimiser and learning rate scheduler of an experiment."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from pyannote.audio.core.model import Model
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torch.optim.optimizer import ParamsT

from pyannote_strf.checks import check_number
from pyannote_strf.constructors import check_options
from pyannote_strf.messages import describe
from pyannote_strf.models.filters import filters_in
from pyannote_strf.plugins import load_class

# metric for schedulers that monitor one, such as ReduceLROnPlateau
MONITORED = "loss/train"


class ConstantScheduler:
    """Placeholder for no scheduler, whose only options are learning rates."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        pass


@contextmanager
def _errors_in(section: str) -> Iterator[None]:
    """Add the name of a section to errors."""
    try:
        yield
    except Exception as error:
        # invalid values may raise any exception
        raise ValueError(f"section {section!r}: {describe(error)}") from error


class Optimisation:
    """Optimiser and learning rate scheduler, defined by their names and options.

    Parameters
    ----------
    optimizer : (str, dict)
        Name in `torch.optim`, or dotted path, and options.
    scheduler : (str, dict)
        Name in `torch.optim.lr_scheduler`, or dotted path, and options. The scheduler is stepped
        once per epoch. "ConstantScheduler" keeps the learning rate, as in pyannote.audio 1.1.
        Additional options of any scheduler are `learning_rate`, the initial rate, and
        `filters_learning_rate`, the initial rate of spectro-temporal filters.
    packages : sequence of str, optional
        Packages that dotted paths may lead to. Defaults to any package.

    Raises
    ------
    ValueError
        If a name is unknown, or an option is unknown or invalid.
    """

    def __init__(
        self,
        optimizer: tuple[str, dict[str, Any]],
        scheduler: tuple[str, dict[str, Any]],
        packages: Sequence[str] | None = None,
    ) -> None:
        name, self.optimizer_params = optimizer
        with _errors_in("optimizer"):
            self.Optimizer = load_class(name, "torch.optim", torch.optim.Optimizer, packages)
            check_options(self.Optimizer, self.optimizer_params, num_given=1)
        name, params = scheduler
        self.scheduler_params = dict(params)
        self.Scheduler: type | None = None
        with _errors_in("scheduler"):
            for rate in ("learning_rate", "filters_learning_rate"):
                if rate in self.scheduler_params:
                    check_number(rate, self.scheduler_params[rate], least=0)
            learning_rate = self.scheduler_params.pop("learning_rate", None)
            self.filters_learning_rate = self.scheduler_params.pop("filters_learning_rate", None)
            scheduler_class: type = ConstantScheduler
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
                    "section 'optimizer': option 'lr' belongs in section 'scheduler', as "
                    "learning_rate"
                )
            self.optimizer_params = {**self.optimizer_params, "lr": learning_rate}
        # invalid options raise an error now rather than after data preparation or the first epoch
        parameter = torch.nn.Parameter(torch.zeros(1))
        built = self._build([parameter])
        with _errors_in("optimizer"):
            parameter.grad = torch.zeros(1)
            built["optimizer"].step(lambda: torch.zeros(()))
        if self.Scheduler is not None:
            with _errors_in("scheduler"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                monitored = [0.0] if self.Scheduler is ReduceLROnPlateau else []
                built["lr_scheduler"]["scheduler"].step(*monitored)

    def _build(self, parameters: ParamsT) -> dict[str, Any]:
        with _errors_in("optimizer"):
            optimizer = self.Optimizer(parameters, **self.optimizer_params)
        if self.Scheduler is None:
            return {"optimizer": optimizer}
        with _errors_in("scheduler"):
            scheduler = self.Scheduler(optimizer, **self.scheduler_params)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": MONITORED},
        }

    def configure(self, model: Model) -> dict[str, Any]:
        """Build the optimiser and the scheduler of a model.

        Parameters
        ----------
        model : Model

        Returns
        -------
        optimizers : dict
            As `LightningModule.configure_optimizers` returns them.

        Raises
        ------
        ValueError
            If `filters_learning_rate` is given, but the model has no spectro-temporal filters, or
            the scheduler does not support different learning rates.
        """
        if self.filters_learning_rate is None:
            return self._build(model.parameters())
        found = filters_in(model)
        if found is None:
            raise ValueError(
                "scheduler: filters_learning_rate is for spectro-temporal filters, and this model "
                "has none; leave it out"
            )
        filters = list(found.layer.parameters())
        known = set(map(id, filters))
        others = [p for p in model.parameters() if id(p) not in known]
        built = self._build(
            [{"params": others}, {"params": filters, "lr": self.filters_learning_rate}]
        )
        of_filters = built["optimizer"].param_groups[1]
        if of_filters.get("initial_lr", of_filters["lr"]) != self.filters_learning_rate:
            name = type(built["lr_scheduler"]["scheduler"]).__name__
            raise ValueError(
                f"scheduler: {name} sets the learning rate of all parameters itself; leave out "
                "filters_learning_rate, or choose another scheduler"
            )
        return built
