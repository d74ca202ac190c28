import pytest

from tests.experiment.configs import MODELS, changed, config_of


def test_optimizer_without_scheduler_keeps_its_learning_rate(tmp_path):
    optimizer = {"name": "SGD", "params": {"lr": 0.5}}
    config = config_of(tmp_path, changed(optimizer=optimizer, scheduler=None))
    assert config.optimisation().optimizer_params == {"lr": 0.5}


def test_scheduler_changes_the_learning_rate(tmp_path, protocol):
    scheduler = {"name": "StepLR", "params": {"step_size": 1, "gamma": 0.1, "learning_rate": 0.5}}
    config = config_of(tmp_path, changed(scheduler=scheduler))
    built = config.optimisation().configure(config.model(config.task(protocol), MODELS))
    assert built["optimizer"].param_groups[0]["lr"] == 0.5
    built["optimizer"].step()
    built["lr_scheduler"]["scheduler"].step()
    assert built["optimizer"].param_groups[0]["lr"] == pytest.approx(0.05)


@pytest.mark.parametrize("name", ["ConstantScheduler", "ExponentialLR"])
def test_filters_have_their_own_learning_rate(tmp_path, protocol, name):
    rates = {"learning_rate": 0.001, "filters_learning_rate": "1e-2"}
    own = {} if name == "ConstantScheduler" else {"gamma": 0.5}
    scheduler = {"name": name, "params": {**rates, **own}}
    config = config_of(tmp_path, changed(scheduler=scheduler))
    model = config.model(config.task(protocol), MODELS)
    built = config.optimisation().configure(model)
    others, filters = built["optimizer"].param_groups
    assert (others["lr"], filters["lr"]) == (0.001, 0.01)
    assert set(map(id, filters["params"])) == set(map(id, model.frontend.filters.parameters()))
    together = [*map(id, others["params"]), *map(id, filters["params"])]
    assert sorted(together) == sorted(map(id, model.parameters()))
    if own:
        built["lr_scheduler"]["scheduler"].step()
        assert (others["lr"], filters["lr"]) == (0.0005, 0.005)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("OneCycleLR", {"max_lr": 0.01, "total_steps": 100}),
        ("CyclicLR", {"base_lr": 0.001, "max_lr": 0.01}),
    ],
)
def test_scheduler_with_a_single_rate_raises_an_error(tmp_path, protocol, name, params):
    scheduler = {"name": name, "params": {"filters_learning_rate": 0.1, **params}}
    optimizer = {"name": "SGD", "params": {"momentum": 0.9}}
    config = config_of(tmp_path, changed(scheduler=scheduler, optimizer=optimizer))
    with pytest.raises(ValueError, match=f"{name} sets the learning rate of all parameters"):
        config.optimisation().configure(config.model(config.task(protocol), MODELS))


def test_filters_rate_without_filters_raises_an_error(tmp_path, protocol):
    scheduler = {"name": "ConstantScheduler", "params": {"filters_learning_rate": 0.01}}
    architecture = {"name": "STRFPyanNet", "params": {"frontend": "mel"}}
    config = config_of(tmp_path, changed(scheduler=scheduler, architecture=architecture))
    with pytest.raises(ValueError, match="this model has none; leave it out"):
        config.optimisation().configure(config.model(config.task(protocol), MODELS))


def test_learning_rate_without_a_decimal_point_is_a_number(tmp_path, protocol):
    scheduler = {"name": "ConstantScheduler", "params": {"learning_rate": "1e-3"}}
    config = config_of(tmp_path, changed(scheduler=scheduler))
    optimizer = config.optimisation().configure(config.model(config.task(protocol), MODELS))[
        "optimizer"
    ]
    assert optimizer.param_groups[0]["lr"] == 0.001
